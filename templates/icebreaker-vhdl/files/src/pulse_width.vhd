-- A light as bright as a number says: it shines for `level` of every 2^BITS clocks, too fast for an eye.
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity pulse_width is
  generic (BITS : positive := 8);
  port (
    clk   : in  std_logic;
    level : in  unsigned(BITS - 1 downto 0);
    light : out std_logic  -- shines when '1'
  );
end entity;

architecture rtl of pulse_width is
  signal count : unsigned(BITS - 1 downto 0) := (others => '0');
begin
  process (clk)
  begin
    if rising_edge(clk) then
      count <= count + 1;
    end if;
  end process;

  light <= '1' when count < level else '0';
end architecture;
