// Runs test/instructions.s on the computer: every instruction of the processor. In a terminal:
//
//   iverilog -g2005 -o build/core_tb src/*.v test/core_tb.v && vvp build/core_tb
`timescale 1ns / 1ps

module core_tb;
  reg clk = 0;
  wire red_n, green_n;
  wire [4:0] lights;

  top #(
      .FIRMWARE("test/instructions.hex")
  ) dut (
      .CLK(clk),
      .BTN_N(1'b1),
      .BTN1(1'b0),
      .BTN2(1'b0),
      .BTN3(1'b0),
      .RX(1'b1),
      .LEDR_N(red_n),
      .LEDG_N(green_n),
      .LED1(lights[0]),
      .LED2(lights[1]),
      .LED3(lights[2]),
      .LED4(lights[3]),
      .LED5(lights[4])
  );

  always #41.667 clk = ~clk;  // 12 MHz

  initial begin
    repeat (20000) @(negedge clk)
      if ({~green_n, lights} == 6'd42) begin
        $display("PASS");
        $finish;
      end
      else if (!red_n) begin
        $display("FAIL: try %0d of test/instructions.s", {~green_n, lights});
        $fatal;
      end
    $display("FAIL: the program did not end");
    $fatal;
  end
endmodule
