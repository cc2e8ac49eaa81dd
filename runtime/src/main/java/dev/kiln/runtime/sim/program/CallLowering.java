package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.ControlStep;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.program.Definition.Code;
import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.Definition.Placement;
import dev.kiln.runtime.sim.program.Definition.Register;
import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import dev.kiln.runtime.sim.ptx.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Calls. A caller puts the address of each actual parameter, which lies in its frame, into an
 * argument slot, or the value of a formal parameter that is a register; the callee's prologue takes
 * them from there at once, so all functions share the argument slots, and recursion does not
 * disturb them.
 */
final class CallLowering {
  private final LineContext context;
  private final CallGraph graph;
  private final Instructions instructions;

  CallLowering(LineContext context, CallGraph graph, Instructions instructions) {
    this.context = context;
    this.graph = graph;
    this.instructions = instructions;
  }

  /** The step of a {@code call}; what goes before and after it is added to the context. */
  Step call() {
    CallSite site = CallSite.of(context.instruction());
    Definition target =
        context
            .find(site.target())
            .orElseThrow(() -> Scope.undefined(site.target().at(), site.target().name()));
    return switch (target) {
      case Code(var at, Function function) when function.body().isEmpty() ->
          systemCall(site, function);
      case Code(var at, Function function) -> direct(site, function);
      case Register register -> indirect(site);
      default -> throw context.malformedAt(site.target().at(), "this is no function");
    };
  }

  private Step direct(CallSite site, Function callee) {
    if (callee.entry()) {
      throw context.unsupported("call of an entry");
    }
    String caller = context.text.function.name();
    pass(site, callee.results(), callee.parameters());
    boolean cycle = graph.sameCycle(caller, callee.name());
    return new ControlStep.Call(
        context.storage.entry(callee.name()), cycle ? context.storage.slots() : null);
  }

  private Step indirect(CallSite site) {
    List<String> candidates = graph.candidates(context.line, site);
    Variables formals = signature(site, candidates);
    int address = context.wide(site.target(), PtxType.U64);
    pass(site, formals.results(), formals.parameters());
    String caller = context.text.function.name();
    Map<Long, Integer> targets = new HashMap<>();
    boolean cycle = false;
    for (String candidate : candidates) {
      targets.put(context.storage.functionAddress(candidate), context.storage.entry(candidate));
      cycle |= graph.sameCycle(caller, candidate);
    }
    return new ControlStep.IndirectCall(address, targets, cycle ? context.storage.slots() : null);
  }

  private record Variables(List<Variable> results, List<Variable> parameters) {}

  private Variables signature(CallSite site, List<String> candidates) {
    Optional<Definition> named = site.prototype().flatMap(context::find);
    if (named.isPresent() && named.get() instanceof Definition.Prototype prototype) {
      return new Variables(prototype.prototype().results(), prototype.prototype().parameters());
    }
    if (candidates.isEmpty()) {
      throw context.malformed("an indirect call without a prototype");
    }
    String first = candidates.getFirst();
    Optional<Definition> definition = context.line.scope().find(first, context.instruction().at());
    if (definition.isPresent() && definition.get() instanceof Code(var at, Function function)) {
      return new Variables(function.results(), function.parameters());
    }
    throw context.malformed("an indirect call without a prototype");
  }

  private Step systemCall(CallSite site, Function function) {
    checkCounts(site, function.results(), function.parameters());
    int[] arguments = new int[site.arguments().size()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = addressOf(site.arguments().get(i), function.parameters().get(i));
    }
    int result =
        site.results().isEmpty()
            ? -1
            : addressOfResult(site.results().getFirst(), function.results().getFirst());
    return instructions
        .systemCalls()
        .step(function.name(), arguments, result)
        .orElseThrow(() -> context.unsupported("function '" + function.name() + "' has no body"));
  }

  private void checkCounts(CallSite site, List<Variable> results, List<Variable> parameters) {
    checkCount("result", site.results().size(), results.size());
    checkCount("argument", site.arguments().size(), parameters.size());
  }

  private void checkCount(String what, int actual, int formal) {
    if (actual != formal) {
      throw context.malformed(
          "the function has " + formal + " " + what + (formal == 1 ? "" : "s") + ", not " + actual);
    }
  }

  private void pass(CallSite site, List<Variable> results, List<Variable> parameters) {
    checkCounts(site, results, parameters);
    List<Step> copies = new ArrayList<>();
    int number = 0;
    for (int i = 0; i < results.size(); i++) {
      Variable formal = results.get(i);
      Operand actual = site.results().get(i);
      if (formal.space() == Space.REG) {
        fetch(actual, formal.type(), number++);
      } else {
        copies.add(put(addressOfResult(actual, formal), number++));
      }
    }
    for (int i = 0; i < parameters.size(); i++) {
      Variable formal = parameters.get(i);
      Operand actual = site.arguments().get(i);
      if (formal.space() == Space.REG) {
        copies.add(hand(actual, formal.type(), number++));
      } else {
        copies.add(put(addressOf(actual, formal), number++));
      }
    }
    context.before.addAll(copies);
  }

  private Step put(int address, int number) {
    int argument = context.storage.argument(Bank.WIDE, number);
    return new InsertedStep.AddWide(argument, address, 0);
  }

  /** Hands a value over in a register. */
  private Step hand(Operand actual, PtxType type, int number) {
    Bank bank = Bank.of(type);
    int argument = context.storage.argument(bank, number);
    return switch (bank) {
      case WORD -> new InsertedStep.CopyWord(argument, context.word(actual, type), -1);
      case WIDE -> new InsertedStep.AddWide(argument, context.wide(actual, type), 0);
      case PREDICATE -> {
        DecodeContext.Predicate value = context.predicate(actual);
        yield new InsertedStep.CopyPredicate(argument, value.index(), value.negated());
      }
      case QUAD -> throw context.unsupported("a parameter of 128 bits in a register");
    };
  }

  /** Takes a value that the callee hands back in a register. */
  private void fetch(Operand actual, PtxType type, int number) {
    Bank bank = Bank.of(type);
    int argument = context.storage.argument(bank, number);
    Step copy =
        switch (bank) {
          case WORD -> new InsertedStep.CopyWord(context.wordTarget(actual, type), argument, -1);
          case WIDE -> new InsertedStep.AddWide(context.wideTarget(actual, type), argument, 0);
          case PREDICATE ->
              new InsertedStep.CopyPredicate(context.predicateTarget(actual), argument, false);
          case QUAD -> throw context.unsupported("a result of 128 bits in a register");
        };
    context.after.add(copy);
  }

  private int addressOf(Operand actual, Variable formal) {
    if (isVariable(actual)) {
      return context.wide(actual, PtxType.U64);
    }
    Operand.Name hidden = spill(actual, formal);
    context.before.add(access("st", formal, List.of(bracket(hidden), actual)));
    return context.wide(hidden, PtxType.U64);
  }

  private int addressOfResult(Operand actual, Variable formal) {
    if (isVariable(actual)) {
      return context.wide(actual, PtxType.U64);
    }
    Operand.Name hidden = spill(actual, formal);
    if (!(actual instanceof Operand.Sink)) {
      context.after.add(access("ld", formal, List.of(actual, bracket(hidden))));
    }
    return context.wide(hidden, PtxType.U64);
  }

  /** Whether the actual parameter is itself a variable in the frame, or a formal parameter. */
  private boolean isVariable(Operand actual) {
    return actual instanceof Operand.Name name
        && context.find(name).orElse(null) instanceof Datum datum
        && (datum.placement() == Placement.FRAME || datum.placement() == Placement.FORMAL)
        && datum.variable().space() == Space.PARAM;
  }

  private Operand.Name spill(Operand actual, Variable formal) {
    if (!formal.dimensions().isEmpty() && !(actual instanceof Operand.Sink)) {
      throw context.malformedAt(actual.at(), "a variable is wanted for '" + formal.name() + "'");
    }
    return context.hiddenVariable(formal.size());
  }

  private Operand.Memory bracket(Operand.Name name) {
    return new Operand.Memory(name.at(), name, 0, List.of());
  }

  private Step access(String opcode, Variable formal, List<Operand> operands) {
    Instruction instruction =
        new Instruction(
            context.instruction().at(),
            Optional.empty(),
            opcode,
            List.of("local", formal.type().word()),
            operands);
    return instructions
        .decoders()
        .apply(opcode)
        .map(decoder -> context.decode(decoder, instruction))
        .orElseThrow(() -> context.unsupported("a value as a parameter"));
  }

  // ---- the callee's side

  /** Steps that begin a function: its frame, and its formal parameters. */
  void prologue() {
    FunctionText text = context.text;
    Storage storage = context.storage;
    if (text.function.entry()) {
      if (storage.needsStack()) {
        int begin = storage.constant(64, storage.stackBegin());
        context.before.add(new InsertedStep.AddWide(storage.stackPointer(), begin, 0));
      }
      return;
    }
    if (context.recursive()) {
      context.before.add(
          new InsertedStep.EnterFrame(
              context.define(text.frameRegister),
              storage.stackPointer(),
              text.frameBytes(),
              storage.stackEnd()));
    }
    int results = text.function.results().size();
    for (int number = 0; number < text.formals.size(); number++) {
      Definition formal = text.formals.get(number);
      if (formal instanceof Datum datum) {
        int own = context.define(datum.register());
        context.before.add(copy(Bank.WIDE, own, storage.argument(Bank.WIDE, number)));
      } else if (formal instanceof Register register && number >= results) {
        context.before.add(take(register, number));
      }
    }
  }

  private Step take(Register register, int number) {
    Bank bank = Bank.of(register.type());
    int argument = context.storage.argument(bank, number);
    int own = context.define(register.number());
    return copy(bank, own, argument);
  }

  private Step copy(Bank bank, int target, int source) {
    return switch (bank) {
      case WORD -> new InsertedStep.CopyWord(target, source, -1);
      case WIDE -> new InsertedStep.AddWide(target, source, 0);
      case PREDICATE -> new InsertedStep.CopyPredicate(target, source, false);
      case QUAD -> throw context.unsupported("a parameter of 128 bits in a register");
    };
  }

  /** Steps before a function returns: results in registers, and the frame goes. */
  void epilogue() {
    FunctionText text = context.text;
    if (text.function.entry()) {
      return;
    }
    for (int number = 0; number < text.function.results().size(); number++) {
      if (text.formals.get(number) instanceof Register register) {
        Bank bank = Bank.of(register.type());
        int argument = context.storage.argument(bank, number);
        context.before.add(context.guarded(copy(bank, argument, context.use(register.number()))));
      }
    }
    if (context.recursive()) {
      int frame = context.use(text.frameRegister);
      context.before.add(
          context.guarded(new InsertedStep.AddWide(context.storage.stackPointer(), frame, 0)));
    }
  }
}
