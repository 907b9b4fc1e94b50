// A computer on an iCEBreaker: a processor, memory, and its ports.
//
//   address      read                               write
//   0x00000000   memory (8 KB), the firmware first  memory
//   0x10000000   lights                             lights: bits 0 to 4 are LED1 to LED5, bit 5 green
//   0x10000004   buttons: bits 0 to 2 BTN1 to BTN3, bit 3 the one on the board
//   0x10000008   the byte received last             a byte to send
//   0x1000000c   bit 0: ready to send, bit 1: a byte was received and not read yet
//   0x10000010   clocks since the start (12 million a second)
//
// The red light shines when the processor has stopped.
`default_nettype none

module top #(
    parameter FIRMWARE = "firmware/firmware.hex",
    parameter UART_DIVISOR = 104
) (
    input  wire CLK,     // 12 MHz
    input  wire BTN_N,   // 0 while pressed
    input  wire BTN1,    // 1 while pressed
    input  wire BTN2,
    input  wire BTN3,
    input  wire RX,
    output wire TX,
    output wire LEDR_N,  // shine when 0
    output wire LEDG_N,
    output wire LED1,    // shine when 1
    output wire LED2,
    output wire LED3,
    output wire LED4,
    output wire LED5
);
  // The block RAMs of an iCE40 are not ready in the first microseconds (Lattice FPGA-TN-02002):
  // the processor waits for 255 clocks, 21 us.
  reg [7:0] waited = 0;
  wire reset = ~&waited;
  always @(posedge CLK) if (reset) waited <= waited + 1'b1;

  wire [31:0] address, write_data, read_data;
  wire [3:0] write_mask;
  wire read, stopped;
  core core (
      .clk(CLK),
      .reset(reset),
      .address(address),
      .read(read),
      .write_data(write_data),
      .write_mask(write_mask),
      .read_data(read_data),
      .stopped(stopped)
  );

  wire is_port = address[28];
  wire [31:0] from_memory;
  memory #(
      .FIRMWARE(FIRMWARE)
  ) memory (
      .clk(CLK),
      .address(address[12:2]),
      .write_data(write_data),
      .write_mask(is_port ? 4'b0000 : write_mask),
      .read_data(from_memory)
  );

  // ---- The ports ----
  wire [2:0] port = address[4:2];
  wire write_port = is_port & write_mask[0];
  wire read_port = is_port & read;

  reg [5:0] lights = 0;
  always @(posedge CLK) if (write_port && port == 0) lights <= write_data[5:0];

  reg [3:0] button_first = 0, buttons = 0;  // twice, as every input that knows nothing of our clock
  always @(posedge CLK) begin
    button_first <= {~BTN_N, BTN3, BTN2, BTN1};
    buttons <= button_first;
  end

  reg [31:0] clocks = 0;
  always @(posedge CLK) clocks <= clocks + 1'b1;

  wire can_send, received;
  wire [7:0] received_data;
  uart #(
      .DIVISOR(UART_DIVISOR)
  ) uart (
      .clk(CLK),
      .rx(RX),
      .tx(TX),
      .send_data(write_data[7:0]),
      .send(write_port && port == 2),
      .ready(can_send),
      .received_data(received_data),
      .received(received)
  );
  // A byte stays until it is read; the next one takes its place.
  reg [7:0] kept = 0;
  reg is_kept = 0;
  always @(posedge CLK)
    if (received) begin
      kept <= received_data;
      is_kept <= 1;
    end else if (read_port && port == 2) is_kept <= 0;

  reg [31:0] from_port = 0;
  reg was_port = 0;
  always @(posedge CLK) begin
    was_port <= is_port;
    case (port)
      3'd0: from_port <= {26'b0, lights};
      3'd1: from_port <= {28'b0, buttons};
      3'd2: from_port <= {24'b0, kept};
      3'd3: from_port <= {30'b0, is_kept, can_send};
      default: from_port <= clocks;
    endcase
  end
  assign read_data = was_port ? from_port : from_memory;

  assign {LED5, LED4, LED3, LED2, LED1} = lights[4:0];
  assign LEDG_N = ~lights[5];
  assign LEDR_N = ~stopped;
endmodule

`default_nettype wire
