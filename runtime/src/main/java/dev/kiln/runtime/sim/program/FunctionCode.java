package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.FunctionText.Line;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A function that has been decoded for the first time, so that its registers have slots and its
 * lines numbers of steps. The second decoding, for each entry that uses the function, makes the
 * steps that run.
 */
final class FunctionCode {
  /** Of all lists of a function together: each takes time and memory for each branch by it. */
  private static final int MOST_TARGETS = 1 << 20;

  final String file;
  final FunctionText text;
  final LineRecord[] records;

  /** For each line the number of steps before it; one more at the end. */
  final int[] firstSteps;

  /** {@code null} if a line is wrong. */
  ControlFlow flow;

  SlotAllocation slots;

  /** Variables outside of the function that it names. */
  final Set<Datum> data = new LinkedHashSet<>();

  final List<PtxDiagnostic> unsupported = new ArrayList<>();

  private final CallGraph graph;
  private final LineDecoder decoder;
  private final int targetVersion;
  private int listedTargets;

  /**
   * @param errors receives what is wrong
   */
  FunctionCode(
      FunctionText text,
      String file,
      CallGraph graph,
      LineDecoder decoder,
      int targetVersion,
      List<PtxDiagnostic> errors) {
    this.text = text;
    this.file = file;
    this.graph = graph;
    this.decoder = decoder;
    this.targetVersion = targetVersion;
    int lines = text.lines.size();
    this.records = new LineRecord[lines];
    this.firstSteps = new int[lines + 1];
    int before = errors.size();
    boolean stack =
        text.function.entry()
            && graph.reachable(text.function.name()).stream().anyMatch(graph::recursive);
    Storage draft = new Storage.Draft(text.registers, stack);
    for (int line = 0; line < lines; line++) {
      records[line] = new LineRecord();
      firstSteps[line + 1] = firstSteps[line] + draft(line, draft, errors);
    }
    if (errors.size() == before) {
      allocate();
    }
  }

  int steps() {
    return firstSteps[firstSteps.length - 1];
  }

  /** The steps of a line, where everything has its place. */
  List<Step> decode(int line, Storage storage) {
    LineRecord record = records[line];
    LineRecord again = new LineRecord();
    // Temporary registers and hidden variables are those of the first time.
    copy(record.temporaries, again.temporaries);
    copy(record.hidden, again.hidden);
    List<Step> steps = decoder.decode(context(line, again, storage), line);
    if (steps.size() != record.steps || again.temporaries.size() != record.temporaries.size()) {
      throw new IllegalStateException("decoded in two ways: " + text.lines.get(line).instruction());
    }
    return steps;
  }

  private static void copy(IntList from, IntList to) {
    for (int i = 0; i < from.size(); i++) {
      to.add(from.get(i));
    }
  }

  private LineContext context(int line, LineRecord record, Storage storage) {
    return new LineContext(
        text,
        text.lines.get(line),
        record,
        storage,
        data,
        graph.recursive(text.function.name()),
        targetVersion);
  }

  private int draft(int number, Storage draft, List<PtxDiagnostic> errors) {
    Line line = text.lines.get(number);
    LineRecord record = records[number];
    record.guarded = line.instruction().guard().isPresent();
    record.asynchronous = line.instruction().opcode().equals("wgmma");
    Position at = line.instruction().at();
    try {
      countTargets(line);
      record.steps = decoder.decode(context(number, record, draft), number).size();
    } catch (MalformedInstruction e) {
      errors.add(new PtxDiagnostic(file, e.at() == null ? at : e.at(), e.getMessage()));
    } catch (UnsupportedInstruction e) {
      unsupported.add(new PtxDiagnostic(file, e.at() == null ? at : e.at(), e.getMessage()));
    } catch (RuntimeException e) {
      // A text that no decoder thought of must not end the simulator.
      String what = line.instruction().mnemonic() + ": this form is not understood";
      unsupported.add(new PtxDiagnostic(file, at, what + " (" + e + ")"));
    }
    return record.steps;
  }

  private void countTargets(Line line) {
    listedTargets += LineDecoder.listedTargets(line);
    if (listedTargets > MOST_TARGETS) {
      throw new MalformedInstruction(
          line.instruction().at(),
          "the branches of '%s' have more than %,d targets"
              .formatted(text.function.name(), MOST_TARGETS));
    }
  }

  private void allocate() {
    List<ControlFlow.Exits> exits = new ArrayList<>();
    for (Line line : text.lines) {
      exits.add(LineDecoder.exits(line));
    }
    flow = new ControlFlow(exits);
    slots =
        new SlotAllocation(text.registers, new LiveIntervals(flow, records, text.registers.size()));
  }
}
