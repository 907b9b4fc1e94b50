// Writes and reads at random, and compares with a queue of the language. Build runs it.
module fifo_tb;
  localparam int WIDTH = 8;
  localparam int DEPTH_BITS = 3;
  localparam int WORDS = 5000;

  logic clk = 0;
  logic reset = 1;
  logic in_valid = 0, in_ready, out_valid, out_ready = 0;
  logic [WIDTH-1:0] in_data = 0, out_data;

  fifo #(
      .WIDTH(WIDTH),
      .DEPTH_BITS(DEPTH_BITS)
  ) dut (
      .*
  );

  initial forever #5 clk = !clk;

  // What the design should hold.
  logic [WIDTH-1:0] expected[$];
  int taken = 0, most = 0, full_clocks = 0, empty_clocks = 0;

  always @(posedge clk)
    if (!reset) begin
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "word %0d comes out, and none went in", taken);
        else if (out_data != expected[0])
          $fatal(1, "word %0d is %0h, and %0h went in", taken, out_data, expected[0]);
        else void'(expected.pop_front());
        taken <= taken + 1;
      end
      if (in_valid && in_ready) expected.push_back(in_data);
      if (expected.size() > most) most <= expected.size();
      if (!in_ready) full_clocks <= full_clocks + 1;
      if (!out_valid) empty_clocks <= empty_clocks + 1;
    end

  // Phases: now the writer is faster, now the reader.
  int clocks = 0;
  always @(negedge clk) begin
    clocks <= clocks + 1;
    in_valid  <= $urandom_range(99) < (clocks[8] ? 80 : 30);
    out_ready <= $urandom_range(99) < (clocks[8] ? 30 : 80);
    in_data   <= WIDTH'($urandom);
  end

  // What Build records; it opens from there.
  initial begin
    $dumpfile("build/fifo_tb.vcd");
    $dumpvars(0, fifo_tb);
  end

  initial begin
    repeat (3) @(negedge clk);
    reset = 0;
    wait (taken >= WORDS);
    if (most != 2 ** DEPTH_BITS) $fatal(1, "it held %0d words at most", most);
    if (full_clocks == 0 || empty_clocks == 0) $fatal(1, "it was never full, or never empty");
    $display("PASS: %0d words, %0d at most at once", taken, most);
    $finish;
  end

  initial begin
    #2000000;
    $fatal(1, "no end after %0d words", taken);
  end
endmodule
