package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.ControlStep;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.program.FunctionText.Line;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** From a line to its steps: control flow here, everything else by the instruction's decoder. */
final class LineDecoder {
  private final CallGraph graph;
  private final Instructions instructions;

  LineDecoder(CallGraph graph, Instructions instructions) {
    this.graph = graph;
    this.instructions = instructions;
  }

  /**
   * The line's steps, in order.
   *
   * @param number of the line in its function
   * @throws MalformedInstruction if it is wrong
   * @throws UnsupportedInstruction if it is not known
   */
  List<Step> decode(LineContext context, int number) {
    Instruction instruction = context.instruction();
    CallLowering calls = new CallLowering(context, graph, instructions);
    if (number == 0) {
      calls.prologue();
      return List.copyOf(context.before);
    }
    Step own = step(context, calls, number);
    List<String> left = context.modifiers().left();
    if (!left.isEmpty()) {
      throw context.unsupported(
          "unknown modifier '.%s' of %s".formatted(left.getFirst(), instruction.opcode()));
    }
    context.guarded(own);
    List<Step> steps = new ArrayList<>(context.before);
    steps.add(own);
    for (Step step : context.after) {
      steps.add(context.guarded(step));
    }
    return steps;
  }

  private Step step(LineContext context, CallLowering calls, int number) {
    Instruction instruction = context.instruction();
    switch (instruction.opcode()) {
      case "bra" -> {
        uniform(context);
        context.expectOperands(1, 1);
        int target = label(context.line, context.operand(0));
        return new ControlStep.Branch(context.storage.step(target), context.storage.join(number));
      }
      case "brx" -> {
        return indexed(context, number);
      }
      case "ret" -> {
        uniform(context);
        context.expectOperands(0, 0);
        calls.epilogue();
        return new ControlStep.Return();
      }
      case "exit" -> {
        context.expectOperands(0, 0);
        return new ControlStep.Exit();
      }
      case "call" -> {
        uniform(context);
        return calls.call();
      }
      default -> {
        Optional<Decoder> decoder = instructions.decoders().apply(instruction.opcode());
        if (decoder.isEmpty()) {
          throw new UnsupportedInstruction(
              instruction.at(), "unknown instruction '" + instruction.mnemonic() + "'");
        }
        return decoder.get().decode(context);
      }
    }
  }

  private static void uniform(LineContext context) {
    context.modifiers().take("uni");
  }

  private static Step indexed(LineContext context, int number) {
    if (!context.modifiers().take("idx")) {
      throw context.malformed("only brx.idx is known");
    }
    uniform(context);
    context.expectOperands(2, 2);
    int index = context.word(context.operand(0), PtxType.U32);
    int[] targets =
        Arrays.stream(branches(context.line, context.operand(1)))
            .map(context.storage::step)
            .toArray();
    return new ControlStep.IndexedBranch(index, targets, context.storage.join(number));
  }

  /** Where control goes from a line; errors are told when it is decoded. */
  static ControlFlow.Exits exits(Line line) {
    Instruction instruction = line.instruction();
    boolean guarded = instruction.guard().isPresent();
    return switch (instruction.opcode()) {
      case "bra" ->
          new ControlFlow.Exits(
              new int[] {label(line, instruction.operands().getFirst())}, guarded, false);
      case "brx" ->
          new ControlFlow.Exits(branches(line, instruction.operands().get(1)), guarded, false);
      case "ret", "exit" -> new ControlFlow.Exits(new int[0], guarded, true);
      default -> ControlFlow.Exits.NEXT;
    };
  }

  /** How many targets an instruction has by a list. */
  static int listedTargets(Line line) {
    Instruction instruction = line.instruction();
    boolean wanted = instruction.opcode().equals("brx") && instruction.operands().size() == 2;
    return wanted
            && instruction.operands().get(1) instanceof Operand.Name name
            && line.scope().find(name.name(), name.at()).orElse(null)
                instanceof Definition.Branches list
        ? list.targets().labels().size()
        : 0;
  }

  private static int[] branches(Line line, Operand operand) {
    if (!(operand instanceof Operand.Name name)
        || !(line.scope().find(name.name(), name.at()).orElse(null)
            instanceof Definition.Branches list)) {
      throw new MalformedInstruction(operand.at(), "brx.idx: a list of targets is wanted");
    }
    return list.targets().labels().stream()
        .mapToInt(
            target ->
                label(
                    list.scope(), new Operand.Name(list.targets().at(), target, Optional.empty())))
        .toArray();
  }

  private static int label(Line line, Operand operand) {
    if (!(operand instanceof Operand.Name name)) {
      throw new MalformedInstruction(operand.at(), "bra: a label is wanted");
    }
    return label(line.scope(), name);
  }

  private static int label(Scope scope, Operand.Name name) {
    Definition found =
        scope
            .find(name.name(), name.at())
            .orElseThrow(() -> Scope.undefined(name.at(), name.name()));
    if (found instanceof Definition.Label label) {
      return label.line();
    }
    throw new MalformedInstruction(name.at(), "'" + name.name() + "' is no label");
  }
}
