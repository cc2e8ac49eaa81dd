package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.Site.SourcePlace;
import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.Definition.Placement;
import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.Linkage;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import dev.kiln.runtime.sim.ptx.Statement;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import dev.kiln.runtime.sim.ptx.Variable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A function as a flat list of lines, each with the scope in which its names are to be understood.
 * Line 0 is the prologue, which no text stands for; the last line leaves the function.
 */
final class FunctionText {
  /** What the parameters of an entry may take together, from sm_70 on. */
  /** Of variables that are not a thread's own. */
  static final Set<Space> MODULE_SPACES = EnumSet.of(Space.GLOBAL, Space.CONST, Space.SHARED);

  private static final long MOST_PARAMETER_BYTES = 32_764;

  final Function function;
  final RegisterTable registers = new RegisterTable();
  final List<Line> lines = new ArrayList<>();

  /** Variables of global or constant memory that the body declares. */
  final List<Datum> moduleData = new ArrayList<>();

  /** Local variables, in their order in the frame. */
  final List<Datum> locals = new ArrayList<>();

  /** Formal parameters: results, then arguments. Empty for an entry. */
  final List<Definition> formals = new ArrayList<>();

  /** A recursive function's own copy of the address at which its frame begins. */
  final int frameRegister;

  private final Map<Integer, String> sourceFiles;
  private final Consumer<PtxDiagnostic> errors;
  private final String file;
  private Optional<SourcePlace> source = Optional.empty();

  /** Bytes of the local variables met so far. */
  private long variableBytes;

  private long frameBytes;

  /** An instruction where it stands. */
  record Line(Instruction instruction, Scope scope, Optional<SourcePlace> source) {}

  FunctionText(
      Function function,
      Scope module,
      String file,
      Map<Integer, String> sourceFiles,
      Consumer<PtxDiagnostic> errors) {
    this.function = function;
    this.sourceFiles = sourceFiles;
    this.errors = errors;
    this.file = file;
    this.frameRegister = registers.add(PtxType.B64);
    Scope scope = new Scope(module, registers);
    defineParameters(scope);
    List<Statement> body = function.body().orElse(List.of());
    // Local variables live as long as the function, parameters of calls no longer than their scope:
    // they follow all variables, and those of different scopes share their place.
    frameBytes = localBytes(body, 0);
    addLine(
        new Instruction(function.at(), Optional.empty(), "prologue", List.of(), List.of()), scope);
    flatten(body, scope, frameBytes);
    if (mayFallOff(body)) {
      Position end = body.isEmpty() ? function.at() : body.getLast().at();
      addLine(new Instruction(end, Optional.empty(), "ret", List.of(), List.of()), scope);
    }
  }

  /** Bytes of the frame in local memory, a multiple of 16. */
  long frameBytes() {
    return alignUp(frameBytes, 16);
  }

  /** Bytes of the frame's local variables; parameters of calls follow them. */
  long localBytes() {
    return variableBytes;
  }

  /** Room in the frame that no name stands for. */
  long hidden(long bytes) {
    frameBytes = alignUp(frameBytes, 16);
    long offset = frameBytes;
    frameBytes += bytes;
    return offset;
  }

  static long alignUp(long value, long alignment) {
    long rest = Math.floorMod(value, Math.max(1, alignment));
    return rest == 0 ? value : Math.addExact(value, alignment - rest);
  }

  private void defineParameters(Scope scope) {
    if (function.entry()) {
      long offset = 0;
      for (Variable parameter : function.parameters()) {
        offset = alignUp(offset, parameter.alignment());
        Datum datum =
            new Datum(parameter.at(), parameter, Placement.PARAMETER, offset, ControlFlow.NONE);
        attempt(() -> scope.define(parameter.name(), datum));
        offset = Math.addExact(offset, parameter.size());
      }
      if (offset > MOST_PARAMETER_BYTES) {
        String message = "the parameters take %,d bytes; at most %,d are allowed";
        errors.accept(
            new PtxDiagnostic(
                file, function.at(), message.formatted(offset, MOST_PARAMETER_BYTES)));
      }
      return;
    }
    function.results().forEach(formal -> defineFormal(scope, formal));
    function.parameters().forEach(formal -> defineFormal(scope, formal));
  }

  private void defineFormal(Scope scope, Variable formal) {
    Definition definition;
    if (formal.space() == Space.REG) {
      definition =
          new Definition.Register(formal.at(), formal.type(), registers.add(formal.type()));
    } else {
      int address = registers.add(PtxType.B64);
      definition = new Datum(formal.at(), formal, Placement.FORMAL, 0, address);
    }
    formals.add(definition);
    if (!formal.name().equals("_")) {
      attempt(() -> scope.define(formal.name(), definition));
    }
  }

  /** Adds the statements' lines; variables of parameter space begin at an offset of the frame. */
  private void flatten(List<Statement> statements, Scope scope, long firstOffset) {
    long offset = firstOffset;
    for (Statement statement : statements) {
      switch (statement) {
        case Instruction instruction -> addLine(instruction, scope);
        case Statement.Label label ->
            attempt(
                () -> scope.define(label.name(), new Definition.Label(label.at(), lines.size())));
        case Statement.Registers registers -> attempt(() -> scope.declare(registers));
        case Statement.Declaration declaration ->
            offset = declare(declaration.variable(), scope, offset);
        case Statement.Scope inner ->
            flatten(inner.statements(), new Scope(scope, registers), offset);
        case Statement.SourceLine line -> source = place(line);
        case Statement.Pragma pragma -> {}
        case Statement.BranchTargets targets ->
            attempt(
                () ->
                    scope.define(
                        targets.name(), new Definition.Branches(targets.at(), targets, scope)));
        case Statement.CallTargets targets ->
            attempt(
                () -> scope.define(targets.name(), new Definition.Calls(targets.at(), targets)));
        case Statement.CallPrototype prototype ->
            attempt(
                () ->
                    scope.define(
                        prototype.name(), new Definition.Prototype(prototype.at(), prototype)));
      }
    }
  }

  private long declare(Variable variable, Scope scope, long offset) {
    boolean inFrame = variable.space() == Space.LOCAL || variable.space() == Space.PARAM;
    if (!inFrame && !MODULE_SPACES.contains(variable.space())) {
      attempt(() -> scope.define(variable.name(), misplaced(variable)));
      return offset;
    }
    if (!inFrame) {
      Datum datum = moduleDatum(variable);
      if (datum.placement() == Placement.MODULE) {
        moduleData.add(datum);
      }
      attempt(() -> scope.define(variable.name(), datum));
      return offset;
    }
    boolean parameter = variable.space() == Space.PARAM;
    long start = alignUp(parameter ? offset : variableBytes, variable.alignment());
    long end = Math.addExact(start, variable.size());
    Datum datum = new Datum(variable.at(), variable, Placement.FRAME, start, ControlFlow.NONE);
    attempt(() -> scope.define(variable.name(), datum));
    if (parameter) {
      frameBytes = Math.max(frameBytes, end);
      return end;
    }
    variableBytes = end;
    locals.add(datum);
    return offset;
  }

  private static Definition misplaced(Variable variable) {
    String message = "'%s' cannot be a variable of .%s";
    String space = variable.space().name().toLowerCase(Locale.ROOT);
    throw new MalformedInstruction(variable.at(), message.formatted(variable.name(), space));
  }

  /** A variable of global, constant or shared memory, of the module or of a body. */
  static Datum moduleDatum(Variable variable) {
    boolean external = variable.linkage() == Linkage.EXTERN;
    boolean shared = variable.space() == Space.SHARED;
    Placement placement =
        shared
            ? external || variable.size() == 0 ? Placement.DYNAMIC_SHARED : Placement.SHARED
            : external ? Placement.ELSEWHERE : Placement.MODULE;
    return new Datum(variable.at(), variable, placement, 0, ControlFlow.NONE);
  }

  /** Bytes of all local variables, those of inner scopes included. */
  private static long localBytes(List<Statement> statements, long before) {
    long bytes = before;
    for (Statement statement : statements) {
      if (statement instanceof Statement.Scope inner) {
        bytes = localBytes(inner.statements(), bytes);
      } else if (statement instanceof Statement.Declaration declaration
          && declaration.variable().space() == Space.LOCAL) {
        Variable variable = declaration.variable();
        bytes = Math.addExact(alignUp(bytes, variable.alignment()), variable.size());
      }
    }
    return bytes;
  }

  private void addLine(Instruction instruction, Scope scope) {
    lines.add(new Line(instruction, scope, source));
  }

  private Optional<SourcePlace> place(Statement.SourceLine line) {
    String name = sourceFiles.get(line.file());
    return name == null || line.line() == 0
        ? Optional.empty()
        : Optional.of(new SourcePlace(name, line.line()));
  }

  private boolean mayFallOff(List<Statement> body) {
    Statement last = body.isEmpty() ? null : body.getLast();
    if (!(last instanceof Instruction instruction) || instruction.guard().isPresent()) {
      return true;
    }
    return switch (instruction.opcode()) {
      case "ret", "exit", "bra", "brx" -> false;
      default -> true;
    };
  }

  private void attempt(Runnable definition) {
    try {
      definition.run();
    } catch (MalformedInstruction e) {
      errors.accept(new PtxDiagnostic(file, e.at(), e.getMessage()));
    }
  }
}
