// Listens to the computer's serial port, sends it a line and checks the answer. In a terminal:
//
//   iverilog -g2005 -o build/top_tb src/*.v test/top_tb.v && vvp build/top_tb
`timescale 1ns / 1ps

module top_tb;
  localparam DIVISOR = 16;  // clocks a bit; on the board 104

  reg clk = 0;
  reg rx = 1;
  wire tx, red_n, green_n;
  wire [4:0] lights;

  top #(
      .UART_DIVISOR(DIVISOR)
  ) dut (
      .CLK(clk),
      .BTN_N(1'b1),
      .BTN1(1'b0),
      .BTN2(1'b0),
      .BTN3(1'b0),
      .RX(rx),
      .TX(tx),
      .LEDR_N(red_n),
      .LEDG_N(green_n),
      .LED1(lights[0]),
      .LED2(lights[1]),
      .LED3(lights[2]),
      .LED4(lights[3]),
      .LED5(lights[4])
  );

  always #41.667 clk = ~clk;  // 12 MHz

  // ---- What comes out of TX; the last 11 characters are kept. ----
  reg [8*11-1:0] said = 0;
  reg [7:0] character;
  integer bit_number;
  always @(negedge tx) begin
    repeat (DIVISOR / 2) @(posedge clk);
    for (bit_number = 0; bit_number < 8; bit_number = bit_number + 1) begin
      repeat (DIVISOR) @(posedge clk);
      character[bit_number] = tx;
    end
    repeat (DIVISOR) @(posedge clk);
    if (tx !== 1) begin
      $display("FAIL: no stop bit");
      $fatal;
    end
    said = {said[8*10-1:0], character};
    $write("%c", character);
  end

  task send(input [7:0] value);
    integer i;
    begin
      rx = 0;
      repeat (DIVISOR) @(posedge clk);
      for (i = 0; i < 8; i = i + 1) begin
        rx = value[i];
        repeat (DIVISOR) @(posedge clk);
      end
      rx = 1;
      repeat (20 * DIVISOR) @(posedge clk);
    end
  endtask

  initial begin
    $dumpfile("build/top_tb.vcd");
    $dumpvars(0, top_tb);
    wait (said[15:0] == "> ");
    send("j");
    send("x");
    send(8'd127);  // takes the x back
    send("o");
    send("y");
    send(8'd13);
    wait (said == "wrote: joy\015");
    wait (said[15:0] == "> ");
    if (lights !== 5'd1 || red_n !== 1) begin
      $display("FAIL: the lights");
      $fatal;
    end
    $display("\nPASS");
    $finish;
  end

  initial begin
    repeat (200000) @(posedge clk);
    $display("FAIL: it does not answer");
    $fatal;
  end
endmodule
