# Tries every instruction of the processor. Ends with 42 on the lights, or stops with the number of
# the first one that was wrong. Make the hex file with: sh firmware/build.sh test/instructions.s
        .equ PORTS, 0x10000000
        .globl _start

# s11 is the number of the try; t6 what was expected.
        .macro expect register, value
        addi    s11, s11, 1
        li      t6, \value
        bne     \register, t6, wrong
        .endm

        .macro try operation, a, b, value
        li      t0, \a
        li      t1, \b
        \operation t2, t0, t1
        expect  t2, \value
        .endm

        .macro try_i operation, a, immediate, value
        li      t0, \a
        \operation t2, t0, \immediate
        expect  t2, \value
        .endm

# Whether the branch is taken.
        .macro try_branch operation, a, b, is_taken
        addi    s11, s11, 1
        li      t0, \a
        li      t1, \b
        li      t2, 0
        \operation t0, t1, 1f
        j       2f
1:      li      t2, 1
2:      li      t6, \is_taken
        bne     t2, t6, wrong
        .endm

_start: li      s11, 0
        try     add, 5, 7, 12
        try     add, 0x7fffffff, 1, 0x80000000
        try     sub, 5, 7, -2
        try     sub, 0x80000000, 1, 0x7fffffff
        try     xor, 0x0ff0, 0x00ff, 0x0f0f
        try     or, 0x0ff0, 0x00ff, 0x0fff
        try     and, 0x0ff0, 0x00ff, 0x00f0
        try     sll, 1, 31, 0x80000000
        try     sll, 3, 33, 6
        try     srl, 0x80000000, 31, 1
        try     sra, 0x80000000, 31, -1
        try     sra, 0x40000000, 4, 0x04000000
        try     slt, -1, 1, 1
        try     slt, 1, -1, 0
        try     slt, 0x80000000, 0x7fffffff, 1
        try     sltu, -1, 1, 0
        try     sltu, 1, -1, 1
        try     sltu, 7, 7, 0

        try_i   addi, 5, -6, -1
        try_i   addi, 5, -1024, -1019       # bit 30 of the instruction is set: no SUB
        try_i   xori, 0x0f, -1, -16
        try_i   ori, 0x0f, 0x70, 0x7f
        try_i   andi, 0x7f, 0x18, 0x18
        try_i   slli, 5, 4, 80
        try_i   srli, -16, 28, 15
        try_i   srai, -16, 2, -4
        try_i   slti, -5, -4, 1
        try_i   slti, 5, -4, 0
        try_i   sltiu, 5, -4, 1             # the immediate is extended, then taken without sign

        lui     t2, 0xfedcb
        expect  t2, 0xfedcb000
1:      auipc   t2, 1
        la      t0, 1b
        sub     t2, t2, t0
        expect  t2, 4096

        try_branch beq, 4, 4, 1
        try_branch beq, 4, 5, 0
        try_branch bne, 4, 5, 1
        try_branch bne, 4, 4, 0
        try_branch blt, -1, 1, 1
        try_branch blt, 1, -1, 0
        try_branch blt, 1, 1, 0
        try_branch bge, 1, 1, 1
        try_branch bge, -1, 1, 0
        try_branch bltu, 1, -1, 1
        try_branch bltu, -1, 1, 0
        try_branch bgeu, -1, 1, 1
        try_branch bgeu, 1, -1, 0

        # Loads and stores: every width, lane and sign.
        la      s0, data
        li      t0, 0x89abcdef
        sw      t0, 0(s0)
        lb      t2, 0(s0)
        expect  t2, 0xffffffef
        lb      t2, 3(s0)
        expect  t2, 0xffffff89
        lbu     t2, 1(s0)
        expect  t2, 0xcd
        lh      t2, 0(s0)
        expect  t2, 0xffffcdef
        lhu     t2, 2(s0)
        expect  t2, 0x89ab
        lw      t2, 0(s0)
        expect  t2, 0x89abcdef
        li      t0, 0x12
        sb      t0, 1(s0)
        lw      t2, 0(s0)
        expect  t2, 0x89ab12ef
        li      t0, 0x3456
        sh      t0, 2(s0)
        lw      t2, 0(s0)
        expect  t2, 0x345612ef
        addi    s1, s0, 8
        sw      t0, -4(s1)
        lw      t2, 4(s0)
        expect  t2, 0x3456

        # Jumps, their links, and a register that stays zero.
        addi    s11, s11, 1
        jal     ra, 2f
1:      j       3f
2:      la      t0, 1b
        bne     ra, t0, wrong
        addi    ra, ra, 1                   # JALR clears the lowest bit
        jalr    t2, 0(ra)
4:      j       wrong
3:      la      t0, 4b
        bne     t2, t0, wrong
        addi    s11, s11, 1
        addi    zero, zero, 5
        bnez    zero, wrong
        fence

        li      t0, PORTS
        li      t1, 42
        sw      t1, 0(t0)
1:      j       1b

wrong:  li      t0, PORTS
        sw      s11, 0(t0)
        ebreak

        .balign 4
data:   .zero   16
