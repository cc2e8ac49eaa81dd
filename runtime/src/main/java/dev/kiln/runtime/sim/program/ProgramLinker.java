package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.ControlStep;
import dev.kiln.runtime.sim.exec.ControlStep.SlotRange;
import dev.kiln.runtime.sim.exec.Site;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.GuardedLayout;
import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.Definition.Placement;
import dev.kiln.runtime.sim.program.FunctionText.Line;
import dev.kiln.runtime.sim.program.Program.Constant;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.program.Program.PlacedVariable;
import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.Variable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts an entry and the functions that it calls together to a program. */
final class ProgramLinker {
  /** Least alignment of dynamic shared memory, as of hardware. */
  private static final int DYNAMIC_ALIGNMENT = 16;

  private final FunctionCode entry;
  private final List<FunctionCode> functions;
  private final CallGraph graph;
  private final Addresses addresses;
  private final Map<String, Long> functionAddresses;
  private final long stackBytes;
  private final boolean guarded;
  private final FrameLayout layout;

  private final Map<String, FunctionPlace> places = new HashMap<>();
  private final Map<Datum, Long> sharedOffsets = new HashMap<>();
  private final List<PlacedVariable> sharedVariables = new ArrayList<>();
  private final List<Constant> constants = new ArrayList<>();
  private final Map<Constant, Integer> constantSlots = new HashMap<>();
  private final Map<SpecialRegister, Integer> specials = new EnumMap<>(SpecialRegister.class);
  private final Map<Bank, Map<Integer, Integer>> arguments = new EnumMap<>(Bank.class);
  private int words;
  private int wides;
  private int predicates;
  private int stackPointer = -1;
  private long staticShared;
  private int dynamicAlignment = DYNAMIC_ALIGNMENT;
  private long stackBegin;

  /** Where a function's steps, slots and frame begin. */
  private record FunctionPlace(int step, int word, int wide, int predicate, long frame) {}

  /**
   * @param functions the entry first, callers before callees
   * @param stackBytes local memory for recursive functions
   * @param guarded whether to leave gaps between variables in shared and in local memory
   */
  ProgramLinker(
      List<FunctionCode> functions,
      CallGraph graph,
      Addresses addresses,
      Map<String, Long> functionAddresses,
      long stackBytes,
      boolean guarded) {
    this.entry = functions.getFirst();
    this.functions = functions;
    this.graph = graph;
    this.addresses = addresses;
    this.functionAddresses = functionAddresses;
    this.stackBytes = stackBytes;
    this.guarded = guarded;
    this.layout = new FrameLayout(guarded && !needsStack());
  }

  Program link() {
    placeShared();
    int count = placeFunctions();
    Step[] steps = new Step[count];
    boolean[] leaders = new boolean[count];
    for (FunctionCode code : functions) {
      emit(code, steps, leaders);
    }
    Function function = entry.text.function;
    List<Parameter> parameters = parameters(function);
    int parameterBytes =
        parameters.isEmpty() ? 0 : parameters.getLast().offset() + parameters.getLast().size();
    return new Program(
        function.name(),
        steps,
        leaders,
        words,
        wides,
        predicates,
        List.copyOf(constants),
        Map.copyOf(specials),
        parameters,
        parameterBytes,
        staticShared,
        dynamicAlignment,
        List.copyOf(sharedVariables),
        stackBegin + (needsStack() ? stackBytes : 0),
        layout.variables(),
        function.directives());
  }

  static List<Parameter> parameters(Function function) {
    List<Parameter> parameters = new ArrayList<>();
    long offset = 0;
    for (Variable parameter : function.parameters()) {
      offset = FunctionText.alignUp(offset, parameter.alignment());
      parameters.add(
          new Parameter(
              parameter.name(),
              parameter.type(),
              Math.toIntExact(offset),
              Math.toIntExact(parameter.size()),
              parameter.alignment()));
      offset = Math.addExact(offset, parameter.size());
    }
    return List.copyOf(parameters);
  }

  private boolean needsStack() {
    return functions.stream().anyMatch(code -> graph.recursive(code.text.function.name()));
  }

  // ---- places

  private void placeShared() {
    Set<Datum> named = new HashSet<>();
    functions.forEach(code -> named.addAll(code.data));
    List<Datum> ordered = new ArrayList<>(named);
    ordered.sort(Comparator.comparing(Datum::at));
    long shared = ordered.stream().filter(d -> d.placement() == Placement.SHARED).count();
    GuardedLayout sharedLayout =
        new GuardedLayout(guarded && shared <= GuardedLayout.MOST_VARIABLES);
    for (Datum datum : ordered) {
      Variable variable = datum.variable();
      if (datum.placement() == Placement.SHARED) {
        long offset = sharedLayout.add(variable.size(), variable.alignment());
        sharedOffsets.put(datum, offset);
        sharedVariables.add(new PlacedVariable(variable.name(), offset, variable.size()));
        staticShared = sharedLayout.size();
      } else if (datum.placement() == Placement.DYNAMIC_SHARED) {
        dynamicAlignment = Math.max(dynamicAlignment, variable.alignment());
      }
    }
  }

  /** Gives functions their steps, slots and frames; the number of steps. */
  private int placeFunctions() {
    Map<String, Long> frames = new HashMap<>();
    int step = 0;
    for (FunctionCode code : functions) {
      String name = code.text.function.name();
      boolean recursive = graph.recursive(name);
      long frame = frames.getOrDefault(name, 0L);
      if (recursive) {
        // Functions of a cycle have no fixed frame; what they call lies beyond their callers.
        for (FunctionCode other : functions) {
          if (graph.sameCycle(name, other.text.function.name())) {
            frames.merge(other.text.function.name(), frame, Math::max);
          }
        }
      }
      long end = recursive ? frame : Math.addExact(frame, layout.bytes(code.text));
      for (String callee : graph.callees(name)) {
        frames.merge(callee, end, Math::max);
      }
      stackBegin = Math.max(stackBegin, end);
      layout.add(code.text, frame);
      places.put(name, new FunctionPlace(step, words, wides, predicates, frame));
      step = Math.addExact(step, code.steps());
      words += code.slots.words();
      wides += code.slots.wides();
      predicates += code.slots.predicates();
    }
    return step;
  }

  // ---- steps

  private void emit(FunctionCode code, Step[] steps, boolean[] leaders) {
    Function function = code.text.function;
    FunctionPlace place = places.get(function.name());
    Storage storage = new Linked(code, place);
    leaders[place.step()] = true;
    for (int block = 0; block < code.flow.blocks(); block++) {
      mark(leaders, place.step() + code.firstSteps[code.flow.start(block)]);
    }
    int next = place.step();
    for (int number = 0; number < code.records.length; number++) {
      Line line = code.text.lines.get(number);
      for (Step step : code.decode(number, storage)) {
        step.place(new Site(next, code.file, function.name(), line.instruction(), line.source()));
        steps[next++] = step;
        if (step instanceof ControlStep) {
          mark(leaders, next);
        }
      }
    }
  }

  private static void mark(boolean[] leaders, int step) {
    if (step < leaders.length) {
      leaders[step] = true;
    }
  }

  private int constant(Bank bank, long value) {
    Constant key = new Constant(bank.bits(), 0, value);
    return constantSlots.computeIfAbsent(
        key,
        k -> {
          int index = fresh(bank);
          constants.add(new Constant(bank.bits(), index, value));
          return index;
        });
  }

  /** Index of a slot that nothing else uses. */
  private int fresh(Bank bank) {
    return switch (bank) {
      case WORD -> Math.multiplyExact(words++, Warp.LANES);
      case WIDE -> Math.multiplyExact(wides++, Warp.LANES);
      case PREDICATE -> predicates++;
      case QUAD -> throw new IllegalArgumentException("no shared slots of 128 bits");
    };
  }

  /** Places for the second decoding of a function. */
  private final class Linked implements Storage {
    private final FunctionCode code;
    private final FunctionPlace place;

    Linked(FunctionCode code, FunctionPlace place) {
      this.code = code;
      this.place = place;
    }

    @Override
    public int register(int number) {
      int slot = code.slots.slot(number);
      if (slot < 0) {
        throw new IllegalStateException("register " + number + " has no slot");
      }
      return switch (code.text.registers.bank(number)) {
        case WORD -> (place.word() + slot) * Warp.LANES;
        case WIDE, QUAD -> (place.wide() + slot) * Warp.LANES;
        case PREDICATE -> place.predicate() + slot;
      };
    }

    @Override
    public int constant(int bits, long value) {
      return ProgramLinker.this.constant(bits == 1 ? Bank.PREDICATE : Bank.ofBits(bits), value);
    }

    @Override
    public int special(SpecialRegister register) {
      return specials.computeIfAbsent(
          register, r -> fresh(r == SpecialRegister.GRIDID ? Bank.WIDE : Bank.WORD));
    }

    @Override
    public long address(Datum datum) {
      return switch (datum.placement()) {
        case MODULE -> addresses.of(datum.variable());
        case SHARED -> sharedOffsets.get(datum);
        case DYNAMIC_SHARED -> FunctionText.alignUp(staticShared, dynamicAlignment);
        case FRAME, PARAMETER, FORMAL, ELSEWHERE ->
            throw new IllegalStateException("no fixed address: " + datum);
      };
    }

    @Override
    public long functionAddress(String function) {
      return functionAddresses.getOrDefault(function, 0L);
    }

    @Override
    public long inFrame(Datum datum) {
      return layout.address(code.text, place.frame(), datum);
    }

    @Override
    public int stackPointer() {
      if (stackPointer < 0) {
        stackPointer = fresh(Bank.WIDE);
      }
      return stackPointer;
    }

    @Override
    public long stackBegin() {
      return stackBegin;
    }

    @Override
    public long stackEnd() {
      return stackBegin + stackBytes;
    }

    @Override
    public int argument(Bank bank, int number) {
      return arguments
          .computeIfAbsent(bank, b -> new HashMap<>())
          .computeIfAbsent(number, n -> fresh(bank));
    }

    @Override
    public int step(int line) {
      return place.step() + code.firstSteps[line];
    }

    @Override
    public int join(int line) {
      int join = code.flow.join(line);
      return join == ControlFlow.NONE ? ControlStep.AT_RETURN : step(join);
    }

    @Override
    public int entry(String function) {
      return places.get(function).step();
    }

    @Override
    public SlotRange slots() {
      int firstWord = place.word() * Warp.LANES;
      int firstWide = place.wide() * Warp.LANES;
      return new SlotRange(
          firstWord,
          firstWord + code.slots.words() * Warp.LANES,
          firstWide,
          firstWide + code.slots.wides() * Warp.LANES,
          place.predicate(),
          place.predicate() + code.slots.predicates());
    }

    @Override
    public boolean needsStack() {
      return ProgramLinker.this.needsStack();
    }
  }
}
