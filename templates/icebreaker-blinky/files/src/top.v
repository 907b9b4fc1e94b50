// A first design for the iCEBreaker.
//
//  - the five lights of the snap-off section pass a light along, back and forth;
//  - the green light on the board beats about once a second;
//  - holding the button makes the red light shine and the walk stand still.
//
// Every name in the port list is a pin: icebreaker.pcf says which one.
`default_nettype none  // a misspelt wire is an error, not a new wire

module top #(
    // The walk makes a step every 2^STEP_BITS clocks: 2^20 / 12 MHz = 87 ms.
    // The testbench makes it small, or it would take for ever.
    parameter STEP_BITS = 20
) (
    input  wire CLK,     // 12 MHz
    input  wire BTN_N,   // 0 while pressed
    output wire LEDR_N,  // shines when 0
    output wire LEDG_N,
    output wire LED1,    // shine when 1
    output wire LED2,
    output wire LED3,
    output wire LED4,
    output wire LED5
);
  // A button knows nothing of our clock. Two registers in a row give a value that
  // is safe to use: the first may be caught in the middle of a change.
  reg [1:0] button = 2'b00;
  always @(posedge CLK) button <= {button[0], ~BTN_N};
  wire pressed = button[1];

  // Time is counted in clocks. The top bits of the counter are the slow ones.
  reg [STEP_BITS+3:0] counter = 0;
  always @(posedge CLK) counter <= counter + 1'b1;

  // One clock long, once every 2^STEP_BITS clocks.
  wire step = &counter[STEP_BITS-1:0];

  // The walk: one bit that shifts to the left until the end, then to the right.
  reg [4:0] lights = 5'b00001;
  reg       left = 1'b1;
  always @(posedge CLK)
    if (step && !pressed) begin
      lights <= left ? {lights[3:0], 1'b0} : {1'b0, lights[4:1]};
      // Turn around one step before the end.
      if (lights[3] && left) left <= 1'b0;
      if (lights[1] && !left) left <= 1'b1;
    end

  assign {LED5, LED4, LED3, LED2, LED1} = lights;
  assign LEDR_N = ~pressed;
  // Two short beats, then a pause.
  assign LEDG_N = ~(counter[STEP_BITS+3:STEP_BITS] == 4'd0 || counter[STEP_BITS+3:STEP_BITS] == 4'd2);
endmodule

`default_nettype wire
