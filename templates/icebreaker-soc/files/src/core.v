// A small RISC-V processor: RV32I without CSRs, traps and interrupts (RISC-V Unprivileged ISA,
// version 20191213, chapter 2). FENCE does nothing; ECALL, EBREAK and what it does not know stop it.
//
// An instruction takes three clocks, a load four:
//
//   FETCH    the address of the instruction is on the bus
//   DECODE   the instruction is here; its two registers are being read
//   EXECUTE  the result goes into the register file, or a load or store is on the bus
//   LOAD     the word that was loaded is here
//
// The bus has no wait states: what is read at an address is here one clock later.
`default_nettype none

module core (
    input  wire        clk,
    input  wire        reset,
    output reg  [31:0] address,
    output wire        read,
    output wire [31:0] write_data,
    output wire [ 3:0] write_mask,  // a bit for each byte of the word
    input  wire [31:0] read_data,
    output wire        stopped
);
  localparam FETCH = 3'd0, DECODE = 3'd1, EXECUTE = 3'd2, LOAD = 3'd3, STOPPED = 3'd4;

  reg [ 2:0] state = FETCH;
  reg [31:0] pc = 0;
  reg [31:0] instruction = 0;

  assign stopped = state == STOPPED;

  // ---- The parts of an instruction (chapter 2.2) ----
  wire [6:0] opcode = instruction[6:0];
  wire [2:0] funct3 = instruction[14:12];
  wire [4:0] rd = instruction[11:7];

  wire is_lui    = opcode == 7'b0110111;
  wire is_auipc  = opcode == 7'b0010111;
  wire is_jal    = opcode == 7'b1101111;
  wire is_jalr   = opcode == 7'b1100111;
  wire is_branch = opcode == 7'b1100011;
  wire is_load   = opcode == 7'b0000011;
  wire is_store  = opcode == 7'b0100011;
  wire is_alu_i  = opcode == 7'b0010011;
  wire is_alu_r  = opcode == 7'b0110011;
  wire is_fence  = opcode == 7'b0001111;
  wire is_known  = is_lui | is_auipc | is_jal | is_jalr | is_branch | is_load | is_store
                 | is_alu_i | is_alu_r | is_fence;

  wire [31:0] immediate_i = {{20{instruction[31]}}, instruction[31:20]};
  wire [31:0] immediate_s = {{20{instruction[31]}}, instruction[31:25], instruction[11:7]};
  wire [31:0] immediate_b = {{19{instruction[31]}}, instruction[31], instruction[7],
                             instruction[30:25], instruction[11:8], 1'b0};
  wire [31:0] immediate_u = {instruction[31:12], 12'b0};
  wire [31:0] immediate_j = {{11{instruction[31]}}, instruction[31], instruction[19:12],
                             instruction[20], instruction[30:21], 1'b0};

  // ---- Registers: two reads and a write, which block RAM can do. x0 is never written. ----
  reg [31:0] registers[0:31];
  reg [31:0] rs1 = 0, rs2 = 0;
  wire       write_back;
  wire [31:0] result;
  always @(posedge clk) begin
    if (state == DECODE) begin
      rs1 <= registers[read_data[19:15]];
      rs2 <= registers[read_data[24:20]];
    end
    if (write_back && rd != 0) registers[rd] <= result;
  end
  integer i;
  initial for (i = 0; i < 32; i = i + 1) registers[i] = 0;

  // ---- Arithmetic and logic ----
  wire [31:0] operand = is_alu_r | is_branch ? rs2 : immediate_i;
  wire        subtract = is_alu_r & instruction[30];
  // One subtraction gives both comparisons: a borrow means rs1 < operand.
  wire [32:0] difference = {1'b0, rs1} - {1'b0, operand};
  wire        less_unsigned = difference[32];
  wire        less_signed = rs1[31] ^ operand[31] ? rs1[31] : difference[32];
  wire        equal = rs1 == operand;
  wire [ 4:0] distance = operand[4:0];

  // By itself: beside an unsigned operand, >>> would shift zeros in.
  wire signed [31:0] shifted_signed = $signed(rs1) >>> distance;

  reg [31:0] computed;
  always @*
    case (funct3)
      3'b000: computed = subtract ? difference[31:0] : rs1 + operand;
      3'b001: computed = rs1 << distance;
      3'b010: computed = {31'b0, less_signed};
      3'b011: computed = {31'b0, less_unsigned};
      3'b100: computed = rs1 ^ operand;
      3'b101: computed = instruction[30] ? shifted_signed : rs1 >> distance;
      3'b110: computed = rs1 | operand;
      3'b111: computed = rs1 & operand;
    endcase

  // ---- Where it goes on ----
  wire compared = funct3[2] ? (funct3[1] ? less_unsigned : less_signed) : equal;
  wire taken = is_branch & (compared ^ funct3[0]);
  wire [31:0] following = pc + 32'd4;
  wire [31:0] target = pc + (is_jal ? immediate_j : immediate_b);
  wire [31:0] reached = rs1 + immediate_i;  // of a load, and of JALR
  wire [31:0] next_pc = is_jalr ? {reached[31:1], 1'b0} : (is_jal | taken ? target : following);

  // ---- The bus ----
  wire [31:0] stored_at = rs1 + immediate_s;
  always @*
    if (state == EXECUTE) address = is_store ? stored_at : reached;
    else address = pc;
  assign read = state == FETCH || (state == EXECUTE && is_load);
  // A byte or half word is on every lane; the mask says which one counts.
  assign write_data = funct3[1] ? rs2 : funct3[0] ? {2{rs2[15:0]}} : {4{rs2[7:0]}};
  wire [3:0] lanes = funct3[1] ? 4'b1111 : funct3[0] ? 4'b0011 : 4'b0001;
  assign write_mask = state == EXECUTE && is_store ? lanes << stored_at[1:0] : 4'b0000;

  // What was loaded, moved to the right and extended.
  reg  [ 1:0] lane = 0;
  wire [31:0] moved = read_data >> {lane, 3'b000};
  wire        sign = ~funct3[2] & (funct3[0] ? moved[15] : moved[7]);
  wire [31:0] loaded = funct3[1] ? moved
                     : funct3[0] ? {{16{sign}}, moved[15:0]}
                     : {{24{sign}}, moved[7:0]};

  assign write_back = state == LOAD
                   || (state == EXECUTE && (is_lui | is_auipc | is_jal | is_jalr | is_alu_i | is_alu_r));
  // SUB and SRA of an immediate do not exist: bit 30 of ADDI belongs to its number.
  assign result = state == LOAD ? loaded
                : is_lui ? immediate_u
                : is_auipc ? pc + immediate_u
                : is_jal | is_jalr ? following
                : computed;

  always @(posedge clk)
    if (reset) begin
      state <= FETCH;
      pc <= 0;
    end else
      case (state)
        FETCH: state <= DECODE;
        DECODE: begin
          instruction <= read_data;
          state <= EXECUTE;
        end
        EXECUTE: begin
          lane <= reached[1:0];
          pc <= next_pc;
          state <= !is_known ? STOPPED : is_load ? LOAD : FETCH;
        end
        LOAD: state <= FETCH;
        default: state <= STOPPED;
      endcase
endmodule

`default_nettype wire
