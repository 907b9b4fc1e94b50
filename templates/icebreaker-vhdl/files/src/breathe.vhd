-- Lights that breathe, for the iCEBreaker.
--
--  - the green light grows brighter and darker, over and over;
--  - the five lights of the snap-off section follow it, each at a height of its own;
--  - holding the button stops the breath, and the red light says so.
--
-- Every name in the port list is a pin: icebreaker.pcf says which one.
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity breathe is
  generic (
    -- The brightness makes a step every 2^STEP_BITS clocks: 2^15 / 12 MHz = 2.7 ms, and 512 steps are a breath.
    -- The testbench makes it small, or it would take for ever.
    STEP_BITS : positive := 15
  );
  port (
    clk    : in  std_logic;  -- 12 MHz
    btn_n  : in  std_logic;  -- '0' while pressed
    ledr_n : out std_logic;  -- shines when '0'
    ledg_n : out std_logic;
    led1   : out std_logic;  -- shine when '1'
    led2   : out std_logic;
    led3   : out std_logic;
    led4   : out std_logic;
    led5   : out std_logic
  );
end entity;

architecture rtl of breathe is
  -- A button knows nothing of our clock. Two registers in a row give a value that is
  -- safe to use: the first may be caught in the middle of a change.
  signal button  : std_logic_vector(1 downto 0) := "00";
  signal pressed : std_logic;

  -- One clock long, once every 2^STEP_BITS clocks.
  signal waited : unsigned(STEP_BITS - 1 downto 0) := (others => '0');
  signal step   : std_logic;

  -- The breath: up to the brightest, then down again. Its top bit is the direction.
  signal breath : unsigned(8 downto 0) := (others => '0');
  signal level  : unsigned(7 downto 0) := (others => '0');
  signal light  : std_logic;
begin
  pressed <= button(1);
  step    <= '1' when waited = 2 ** STEP_BITS - 1 else '0';
  level   <= not breath(7 downto 0) when breath(8) = '1' else breath(7 downto 0);

  process (clk)
  begin
    if rising_edge(clk) then
      button <= button(0) & not btn_n;
      waited <= waited + 1;
      if step = '1' and pressed = '0' then
        breath <= breath + 1;
      end if;
    end if;
  end process;

  brightness : entity work.pulse_width
    port map (clk => clk, level => level, light => light);

  ledg_n <= not light;
  ledr_n <= not pressed;
  led1   <= '1' when level > 20 else '0';
  led2   <= '1' when level > 70 else '0';
  led3   <= '1' when level > 120 else '0';
  led4   <= '1' when level > 170 else '0';
  led5   <= '1' when level > 220 else '0';
end architecture;
