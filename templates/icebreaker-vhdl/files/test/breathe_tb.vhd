-- Simulates the design and checks what it promises. Build runs it before it makes the bitstream.
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use std.env.finish;

entity breathe_tb is
end entity;

architecture test of breathe_tb is
  constant PERIOD : time := 83.333 ns;  -- 12 MHz

  signal clk    : std_logic := '0';
  signal btn_n  : std_logic := '1';
  signal ledr_n : std_logic;
  signal ledg_n : std_logic;
  signal bar    : std_logic_vector(1 to 5);
begin
  clk <= not clk after PERIOD / 2;

  -- Steps of 2^8 = 256 clocks, one round of the pulse width: each level shines once.
  dut : entity work.breathe
    generic map (STEP_BITS => 8)
    port map (
      clk => clk, btn_n => btn_n, ledr_n => ledr_n, ledg_n => ledg_n,
      led1 => bar(1), led2 => bar(2), led3 => bar(3), led4 => bar(4), led5 => bar(5)
    );

  process
    -- Clocks of one round in which the green light shines.
    procedure measure (shining : out natural) is
      variable count : natural := 0;
    begin
      for clock in 1 to 256 loop
        wait until falling_edge(clk);
        if ledg_n = '0' then
          count := count + 1;
        end if;
      end loop;
      shining := count;
    end procedure;

    variable before, now : natural := 0;
    variable held        : std_logic_vector(1 to 5);
  begin
    wait until falling_edge(clk);
    assert ledr_n = '1' report "the red light shines without the button";

    -- A breath in, then out.
    for level in 1 to 250 loop
      measure(now);
      assert now >= before report "it grows darker while it breathes in, at level " & natural'image(level);
      before := now;
    end loop;
    assert now > 240 report "it does not grow bright: " & natural'image(now) & " of 256";
    assert bar = "11111" report "not all five lights shine at its brightest";
    for level in 1 to 250 loop
      measure(now);
    end loop;
    assert now < 20 report "it does not grow dark: " & natural'image(now) & " of 256";
    assert bar = "00000" report "a light shines at its darkest";

    -- The button holds the breath.
    btn_n <= '0';
    for clock in 1 to 4 loop
      wait until falling_edge(clk);
    end loop;
    assert ledr_n = '0' report "the red light does not shine with the button";
    measure(before);
    held := bar;
    for round in 1 to 10 loop
      measure(now);
      assert now = before and bar = held report "it breathes while the button is held";
    end loop;

    report "PASS";
    finish;
  end process;
end architecture;
