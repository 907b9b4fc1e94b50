// A serial port: 8 data bits, no parity, one stop bit; least significant bit first.
`default_nettype none

module uart #(
    parameter DIVISOR = 104  // clocks a bit: 12 MHz / 104 = 115384 Bd, 0.2 % from 115200
) (
    input  wire       clk,
    input  wire       rx,
    output wire       tx,
    // Sending: `send` for one clock while `ready`.
    input  wire [7:0] send_data,
    input  wire       send,
    output wire       ready,
    // Receiving: `received` for one clock, with the byte.
    output reg  [7:0] received_data,
    output reg        received
);
  localparam WIDTH = $clog2(DIVISOR);

  // ---- Sending: start bit 0, data, stop bit 1 leave a shift register at the right. ----
  reg [9:0] out = 10'h3ff;
  reg [3:0] out_bits = 0;
  reg [WIDTH-1:0] out_clocks = 0;
  assign tx = out[0];
  assign ready = out_bits == 0;
  always @(posedge clk)
    if (ready) begin
      if (send) begin
        out <= {1'b1, send_data, 1'b0};
        out_bits <= 4'd10;
        out_clocks <= DIVISOR - 1;
      end
    end else if (out_clocks != 0) out_clocks <= out_clocks - 1'b1;
    else begin
      out <= {1'b1, out[9:1]};
      out_bits <= out_bits - 1'b1;
      out_clocks <= DIVISOR - 1;
    end

  // ---- Receiving: from the falling edge, look in the middle of each bit. ----
  reg [2:0] line = 3'b111;  // two registers make it safe, the third remembers
  always @(posedge clk) line <= {line[1:0], rx};
  wire level = line[1];
  wire falling = line[2] & ~line[1];

  reg [7:0] in = 0;
  reg [3:0] in_bits = 0;
  reg [WIDTH-1:0] in_clocks = 0;
  initial received = 0;
  always @(posedge clk) begin
    received <= 0;
    if (in_bits == 0) begin
      if (falling) begin
        in_bits <= 4'd10;
        in_clocks <= DIVISOR / 2;
      end
    end else if (in_clocks != 0) in_clocks <= in_clocks - 1'b1;
    else begin
      in_clocks <= DIVISOR - 1;
      in_bits <= in_bits - 1'b1;
      if (in_bits == 10 && level) in_bits <= 0;  // no start bit, only a spike
      if (in_bits != 10 && in_bits != 1) in <= {level, in[7:1]};
      if (in_bits == 1 && level) begin
        received <= 1;
        received_data <= in;
      end
    end
  end
endmodule

`default_nettype wire
