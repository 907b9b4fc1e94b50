// The computer's memory: block RAM that starts with the firmware in it.
`default_nettype none

module memory #(
    parameter WORDS = 2048,  // 8 KB: 16 of the 30 block RAMs of an iCE40UP5K
    parameter FIRMWARE = "firmware/firmware.hex"
) (
    input  wire                     clk,
    input  wire [$clog2(WORDS)-1:0] address,     // of a word
    input  wire [31:0]              write_data,
    input  wire [ 3:0]              write_mask,
    output reg  [31:0]              read_data
);
  reg [31:0] words[0:WORDS-1];
  initial $readmemh(FIRMWARE, words);

  always @(posedge clk) begin
    read_data <= words[address];
    if (write_mask[0]) words[address][7:0] <= write_data[7:0];
    if (write_mask[1]) words[address][15:8] <= write_data[15:8];
    if (write_mask[2]) words[address][23:16] <= write_data[23:16];
    if (write_mask[3]) words[address][31:24] <= write_data[31:24];
  end
endmodule

`default_nettype wire
