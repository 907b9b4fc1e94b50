// A queue between two parts of a design that work at their own pace.
//
// A word goes in when `in_valid` and `in_ready` are both high at a rising edge of the clock, and comes out when
// `out_valid` and `out_ready` are. Words come out in the order in which they went in; none is lost, none doubled.
`default_nettype none  // a misspelt wire is an error, not a new wire

module fifo #(
    parameter int WIDTH = 8,
    // How many words wait at most: 2^DEPTH_BITS.
    parameter int DEPTH_BITS = 4
) (
    input  wire logic             clk,
    input  wire logic             reset,

    input  wire logic             in_valid,
    output      logic             in_ready,
    input  wire logic [WIDTH-1:0] in_data,

    output      logic             out_valid,
    input  wire logic             out_ready,
    output      logic [WIDTH-1:0] out_data
);
  logic [WIDTH-1:0] words[2**DEPTH_BITS];

  // One bit more than an address: when the addresses are equal, the extra bits tell full from empty.
  logic [DEPTH_BITS:0] written, read;
  wire logic           is_empty = written == read;
  wire logic           is_full = written == {~read[DEPTH_BITS], read[DEPTH_BITS-1:0]};

  assign in_ready  = !is_full;
  assign out_valid = !is_empty;
  assign out_data  = words[read[DEPTH_BITS-1:0]];

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) words[written[DEPTH_BITS-1:0]] <= in_data;
    if (reset) begin
      written <= '0;
      read    <= '0;
    end else begin
      if (in_valid && in_ready) written <= written + 1'b1;
      if (out_valid && out_ready) read <= read + 1'b1;
    end
  end

  // What must always hold. A simulation stops where it does not.
`ifndef SYNTHESIS
  logic [DEPTH_BITS:0] waiting;
  assign waiting = written - read;
  always_ff @(posedge clk)
    if (!reset) begin
      assert (waiting <= (DEPTH_BITS + 1)'(2 ** DEPTH_BITS))
      else $error("more words wait than there is room for: %0d", waiting);
    end
`endif
endmodule

`default_nettype wire
