/** Reserved words of IEEE 1800-2017, annex B. */
const keywords =
  `accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before
  begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class
  clocking cmos config const constraint context continue cover covergroup coverpoint cross deassign
  default defparam design disable dist do edge else end endcase endchecker endclass endclocking
  endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram
  endproperty endspecify endsequence endtable endtask enum event eventually expect export extends
  extern final first_match for force foreach forever fork forkjoin function generate genvar global
  highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include initial
  inout input inside instance int integer interconnect interface intersect join join_any join_none
  large let liblist library local localparam logic longint macromodule matches medium modport module
  nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output package
  packed parameter pmos posedge primitive priority program property protected pull0 pull1 pulldown
  pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real
  realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1
  s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal
  showcancelled signed small soft solve specify specparam static string strong strong0 strong1 struct
  super supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time
  timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union
  unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait wait_order
  wand weak weak0 weak1 while wildcard wire with within wor xnor xor`
    .trim()
    .split(/\s+/);
const reserved = new Set(keywords);

/** Reserved words of Verilog (IEEE 1364-2005) that SystemVerilog shares. */
const systemVerilogOnly = new Set(
  `accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break
  byte chandle checker class clocking const constraint context continue cover covergroup coverpoint
  cross dist do endchecker endclass endclocking endgroup endinterface endpackage endprogram endproperty
  endsequence enum eventually expect export extends extern final first_match foreach forkjoin global
  iff ignore_bins illegal_bins implements implies import inside int interconnect interface intersect
  join_any join_none let local logic longint matches modport nettype new nexttime null package packed
  priority program property protected pure rand randc randcase randsequence ref reject_on restrict
  return sequence shortint shortreal soft solve static string strong struct super tagged this
  throughout timeprecision timeunit type typedef union unique unique0 until until_with untyped var
  virtual void wait_order weak wildcard with within`
    .trim()
    .split(/\s+/),
);

export function isKeyword(word: string): boolean {
  return reserved.has(word);
}

/** Whether the word is reserved by SystemVerilog but free in Verilog-2005. */
export function isSystemVerilogOnly(word: string): boolean {
  return systemVerilogOnly.has(word);
}

/** Reserved words for completion; Verilog files get Verilog's. */
export function keywordsFor(language: 'verilog' | 'systemverilog'): readonly string[] {
  return language === 'verilog'
    ? keywords.filter((word) => !systemVerilogOnly.has(word))
    : keywords;
}

/** System tasks and functions (IEEE 1800-2017 §20 and §21) with their arguments. */
export const systemTasks: readonly (readonly [name: string, signature: string])[] = [
  ['display', '$display("format", …)'],
  ['write', '$write("format", …)'],
  ['strobe', '$strobe("format", …)'],
  ['monitor', '$monitor("format", …)'],
  ['monitoron', '$monitoron'],
  ['monitoroff', '$monitoroff'],
  ['finish', '$finish(n)'],
  ['stop', '$stop(n)'],
  ['fatal', '$fatal(finish_number, "format", …)'],
  ['error', '$error("format", …)'],
  ['warning', '$warning("format", …)'],
  ['info', '$info("format", …)'],
  ['time', '$time'],
  ['stime', '$stime'],
  ['realtime', '$realtime'],
  ['timeformat', '$timeformat(units, precision, "suffix", width)'],
  ['printtimescale', '$printtimescale'],
  ['random', '$random(seed)'],
  ['urandom', '$urandom(seed)'],
  ['urandom_range', '$urandom_range(maxval, minval)'],
  ['clog2', '$clog2(x)'],
  ['bits', '$bits(expression_or_type)'],
  ['left', '$left(array, dimension)'],
  ['right', '$right(array, dimension)'],
  ['low', '$low(array, dimension)'],
  ['high', '$high(array, dimension)'],
  ['size', '$size(array, dimension)'],
  ['increment', '$increment(array, dimension)'],
  ['dimensions', '$dimensions(array)'],
  ['unpacked_dimensions', '$unpacked_dimensions(array)'],
  ['typename', '$typename(expression_or_type)'],
  ['isunbounded', '$isunbounded(parameter)'],
  ['signed', '$signed(x)'],
  ['unsigned', '$unsigned(x)'],
  ['cast', '$cast(destination, source)'],
  ['itor', '$itor(x)'],
  ['rtoi', '$rtoi(x)'],
  ['realtobits', '$realtobits(x)'],
  ['bitstoreal', '$bitstoreal(x)'],
  ['countones', '$countones(x)'],
  ['countbits', '$countbits(x, control_bit, …)'],
  ['onehot', '$onehot(x)'],
  ['onehot0', '$onehot0(x)'],
  ['isunknown', '$isunknown(x)'],
  ['rose', '$rose(x)'],
  ['fell', '$fell(x)'],
  ['stable', '$stable(x)'],
  ['changed', '$changed(x)'],
  ['past', '$past(x, ticks)'],
  ['sampled', '$sampled(x)'],
  ['readmemh', '$readmemh("file", memory, start, finish)'],
  ['readmemb', '$readmemb("file", memory, start, finish)'],
  ['writememh', '$writememh("file", memory)'],
  ['writememb', '$writememb("file", memory)'],
  ['fopen', '$fopen("file", "mode")'],
  ['fclose', '$fclose(descriptor)'],
  ['fdisplay', '$fdisplay(descriptor, "format", …)'],
  ['fwrite', '$fwrite(descriptor, "format", …)'],
  ['fscanf', '$fscanf(descriptor, "format", …)'],
  ['sscanf', '$sscanf(string, "format", …)'],
  ['fgets', '$fgets(string, descriptor)'],
  ['fgetc', '$fgetc(descriptor)'],
  ['fread', '$fread(memory, descriptor)'],
  ['feof', '$feof(descriptor)'],
  ['fflush', '$fflush(descriptor)'],
  ['sformat', '$sformat(string, "format", …)'],
  ['sformatf', '$sformatf("format", …)'],
  ['swrite', '$swrite(string, …)'],
  ['dumpfile', '$dumpfile("file")'],
  ['dumpvars', '$dumpvars(levels, scope)'],
  ['dumpon', '$dumpon'],
  ['dumpoff', '$dumpoff'],
  ['dumpall', '$dumpall'],
  ['dumpflush', '$dumpflush'],
  ['test$plusargs', '$test$plusargs("name")'],
  ['value$plusargs', '$value$plusargs("name=%d", variable)'],
  ['assertoff', '$assertoff(levels, scope)'],
  ['asserton', '$asserton(levels, scope)'],
  ['assertkill', '$assertkill(levels, scope)'],
  ['system', '$system("command")'],
  ['ln', '$ln(x)'],
  ['log10', '$log10(x)'],
  ['exp', '$exp(x)'],
  ['sqrt', '$sqrt(x)'],
  ['pow', '$pow(x, y)'],
  ['floor', '$floor(x)'],
  ['ceil', '$ceil(x)'],
  ['sin', '$sin(x)'],
  ['cos', '$cos(x)'],
  ['tan', '$tan(x)'],
];

/** Compiler directives (IEEE 1800-2017 §22). */
export const compilerDirectives: readonly string[] =
  `define undef undefineall include ifdef ifndef elsif else endif timescale default_nettype resetall
  celldefine endcelldefine line pragma unconnected_drive nounconnected_drive begin_keywords end_keywords
  __FILE__ __LINE__`
    .trim()
    .split(/\s+/);
