// Simulates the design and checks what it promises. In a terminal:
//
//   iverilog -g2005 -o build/top_tb src/top.v test/top_tb.v && vvp build/top_tb
`timescale 1ns / 1ps

module top_tb;
  reg clk = 0;
  reg button_n = 1;
  wire red_n, green_n;
  wire [4:0] lights;

  // Steps of 2^2 = 4 clocks instead of a million.
  top #(
      .STEP_BITS(2)
  ) dut (
      .CLK(clk),
      .BTN_N(button_n),
      .LEDR_N(red_n),
      .LEDG_N(green_n),
      .LED1(lights[0]),
      .LED2(lights[1]),
      .LED3(lights[2]),
      .LED4(lights[3]),
      .LED5(lights[4])
  );

  always #41.667 clk = ~clk;  // 12 MHz

  task check(input ok, input [8*40-1:0] what);
    if (!ok) begin
      $display("FAIL: %0s at %0t", what, $time);
      $fatal;
    end
  endtask

  integer i;
  reg [4:0] seen = 0;
  reg [4:0] held;
  initial begin
    $dumpfile("build/top_tb.vcd");
    $dumpvars(0, top_tb);

    for (i = 0; i < 64; i = i + 1) begin
      @(negedge clk);
      check(lights != 0 && (lights & (lights - 1)) == 0, "exactly one light shines");
      check(red_n === 1, "the red light is dark");
      seen = seen | lights;
    end
    check(seen == 5'b11111, "every light has shone");

    button_n = 0;
    repeat (3) @(negedge clk);
    held = lights;
    for (i = 0; i < 32; i = i + 1) begin
      @(negedge clk);
      check(lights == held, "the walk stands still");
      check(red_n === 0, "the red light shines");
    end

    $display("PASS");
    $finish;
  end
endmodule
