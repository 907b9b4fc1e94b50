# What the computer does: counts on its lights, and repeats each line that is sent to it.
#
# After a change, make the hex file that the design starts with:  sh firmware/build.sh

        .equ PORTS, 0x10000000
        .equ LIGHTS, 0             # offsets of the ports, see src/top.v
        .equ BUTTONS, 4
        .equ DATA, 8
        .equ STATUS, 12
        .equ CLOCKS, 16
        .equ PERIOD, 3000000       # clocks between two steps of the lights: a quarter second
        .equ LINE_MAX, 128

# s0: ports   s1: time of the next step   s2: the lights   s3: the line   s4: characters in it
        .globl _start
_start: li      sp, 0x2000         # the stack grows down from the end of memory
        li      s0, PORTS
        lw      s1, CLOCKS(s0)
        li      s2, 0
        la      a0, welcome
        call    print
prompt: la      a0, ready
        call    print
        la      s3, line
        li      s4, 0

wait:   call    step
        lw      t0, STATUS(s0)
        andi    t0, t0, 2
        beqz    t0, wait
        lw      a0, DATA(s0)
        li      t0, 13
        beq     a0, t0, enter
        li      t0, 127
        beq     a0, t0, erase
        li      t0, 32
        bltu    a0, t0, wait       # other control characters
        li      t0, LINE_MAX
        bgeu    s4, t0, wait
        add     t0, s3, s4
        sb      a0, 0(t0)
        addi    s4, s4, 1
        call    send
        j       wait

erase:  beqz    s4, wait
        addi    s4, s4, -1
        la      a0, rubout
        call    print
        j       wait

enter:  la      a0, newline
        call    print
        beqz    s4, prompt
        add     t0, s3, s4
        sb      zero, 0(t0)
        la      a0, answer
        call    print
        mv      a0, s3
        call    print
        la      a0, newline
        call    print
        j       prompt

# Sends the characters at a0, up to a zero.
print:  addi    sp, sp, -8
        sw      ra, 4(sp)
        sw      s5, 0(sp)
        mv      s5, a0
1:      lbu     a0, 0(s5)
        beqz    a0, 2f
        call    send
        addi    s5, s5, 1
        j       1b
2:      lw      s5, 0(sp)
        lw      ra, 4(sp)
        addi    sp, sp, 8
        ret

# Sends the character in a0; the lights go on while the line is busy.
send:   addi    sp, sp, -8
        sw      ra, 4(sp)
        sw      a0, 0(sp)
1:      call    step
        lw      t0, STATUS(s0)
        andi    t0, t0, 1
        beqz    t0, 1b
        lw      a0, 0(sp)
        sw      a0, DATA(s0)
        lw      ra, 4(sp)
        addi    sp, sp, 8
        ret

# The next number on the lights when its time has come; they stand still while a button is held.
step:   lw      t0, CLOCKS(s0)
        sub     t1, t0, s1
        bltz    t1, 1f
        li      t2, PERIOD
        add     s1, t0, t2
        lw      t0, BUTTONS(s0)
        bnez    t0, 1f
        addi    s2, s2, 1
        sw      s2, LIGHTS(s0)
1:      ret

welcome:
        .asciz  "\r\nHello from RISC-V on an iCEBreaker.\r\nType a line, and Enter.\r\n"
ready:  .asciz  "> "
answer: .asciz  "You wrote: "
newline:
        .asciz  "\r\n"
rubout: .asciz  "\b \b"

        .balign 4
line:   .zero   LINE_MAX + 1
