package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.program.Definition.Code;
import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.Definition.Placement;
import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.Linkage;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import dev.kiln.runtime.sim.ptx.PtxException;
import dev.kiln.runtime.sim.ptx.PtxFile;
import dev.kiln.runtime.sim.ptx.Variable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A module whose functions have been decoded once; makes programs of its entries. */
public final class ModuleCode {
  /** Addresses of functions: numbers that are no addresses of memory. */
  static final long FUNCTION_BASE = 0x6f00_0000_0000L;

  private static final long FUNCTION_SIZE = 16;
  private static final Pattern TARGET = Pattern.compile("sm_(\\d{1,4})[a-z]?");

  private final PtxFile file;
  private final Scope scope = new Scope(null, null);
  private final Map<String, Definition> symbols = new LinkedHashMap<>();
  private final Map<String, FunctionText> texts = new LinkedHashMap<>();
  private final Map<String, FunctionCode> codes = new LinkedHashMap<>();
  private final Map<String, Long> functionAddresses = new LinkedHashMap<>();
  private final List<Variable> variables = new ArrayList<>();
  private final CallGraph graph;
  private final List<PtxDiagnostic> errors = new ArrayList<>();

  /**
   * @throws PtxException with everything that is wrong in the module
   */
  public ModuleCode(PtxFile file, Instructions instructions) {
    this.file = file;
    defineVariables();
    defineFunctions();
    symbols.forEach(scope::define);
    readTexts();
    failIfWrong();
    this.graph = new CallGraph(texts, addressedByData());
    LineDecoder decoder = new LineDecoder(graph, instructions);
    texts.forEach(
        (name, text) ->
            codes.put(
                name,
                new FunctionCode(text, file.name(), graph, decoder, targetVersion(), errors)));
    checkInitialValues();
    failIfWrong();
  }

  public PtxFile file() {
    return file;
  }

  /** Names of the entries, in the order of the text. */
  public List<String> entries() {
    return texts.values().stream()
        .map(text -> text.function)
        .filter(Function::entry)
        .map(Function::name)
        .toList();
  }

  /** An entry's parameters. */
  public List<Program.Parameter> parameters(String entry) {
    return ProgramLinker.parameters(entry(entry).function);
  }

  /** Everything that is not supported. */
  public List<PtxDiagnostic> unsupported() {
    return unsupported(codes.values().stream().toList());
  }

  /** What an entry uses that is not supported. */
  public List<PtxDiagnostic> unsupported(String entry) {
    return unsupported(reachable(entry));
  }

  private static List<PtxDiagnostic> unsupported(List<FunctionCode> functions) {
    return functions.stream()
        .flatMap(code -> code.unsupported.stream())
        .sorted(Comparator.comparing(PtxDiagnostic::at))
        .toList();
  }

  /** Variables of global and constant memory. */
  public List<Variable> variables() {
    return List.copyOf(variables);
  }

  /** The bytes that a variable begins with; those after them are 0. */
  public byte[] initialBytes(Variable variable, Addresses addresses) {
    try {
      return new InitialBytes(symbols, functionAddresses, addresses).of(variable);
    } catch (MalformedInstruction e) {
      throw new PtxException(List.of(diagnostic(e.at(), e.getMessage())));
    }
  }

  /**
   * An entry, ready to run.
   *
   * @param guarded whether to leave gaps between variables in shared and local memory
   */
  public synchronized Program program(
      String entry, Addresses addresses, long stackBytes, boolean guarded) {
    List<FunctionCode> functions = reachable(entry);
    List<PtxDiagnostic> unsupported = unsupported(functions);
    if (!unsupported.isEmpty()) {
      throw new PtxException(unsupported);
    }
    Position at = functions.getFirst().text.function.at();
    try {
      return new ProgramLinker(functions, graph, addresses, functionAddresses, stackBytes, guarded)
          .link();
    } catch (MalformedInstruction e) {
      throw new PtxException(List.of(diagnostic(e.at(), e.getMessage())));
    } catch (UnsupportedInstruction e) {
      throw new PtxException(List.of(diagnostic(e.at(), e.getMessage())));
    } catch (ArithmeticException e) {
      throw new PtxException(List.of(diagnostic(at, "'" + entry + "' is too large")));
    }
  }

  private List<FunctionCode> reachable(String entry) {
    entry(entry);
    return graph.reachable(entry).stream().map(codes::get).toList();
  }

  private FunctionText entry(String name) {
    FunctionText text = texts.get(name);
    if (text == null || !text.function.entry()) {
      throw new IllegalArgumentException(
          "no entry '" + name + "' in " + file.name() + "; there are " + entries());
    }
    return text;
  }

  // ---- names of the module

  private void defineVariables() {
    Map<String, Variable> chosen = new LinkedHashMap<>();
    for (Variable variable : file.variables()) {
      chosen.merge(variable.name(), variable, this::choose);
    }
    for (Variable variable : chosen.values()) {
      if (!FunctionText.MODULE_SPACES.contains(variable.space())) {
        String message = "'%s' cannot lie in .%s memory outside of functions";
        String space = variable.space().name().toLowerCase(Locale.ROOT);
        errors.add(diagnostic(variable.at(), message.formatted(variable.name(), space)));
        continue;
      }
      Datum datum = FunctionText.moduleDatum(variable);
      symbols.put(variable.name(), datum);
      if (datum.placement() == Placement.MODULE) {
        variables.add(variable);
      }
    }
  }

  /** Of two declarations of a variable, the one that defines it. */
  private Variable choose(Variable first, Variable second) {
    if (first.linkage() == Linkage.EXTERN) {
      return second;
    }
    if (!mayRepeat(second.linkage()) && !mayRepeat(first.linkage())) {
      errors.add(diagnostic(second.at(), "'" + second.name() + "' is declared twice"));
    }
    return mayRepeat(first.linkage()) && !mayRepeat(second.linkage()) ? second : first;
  }

  private static boolean mayRepeat(Linkage linkage) {
    return linkage == Linkage.EXTERN || linkage == Linkage.WEAK || linkage == Linkage.COMMON;
  }

  private void defineFunctions() {
    for (Function function : file.functions()) {
      Definition old = symbols.get(function.name());
      boolean again = old instanceof Code;
      if (old != null && !again) {
        errors.add(diagnostic(function.at(), "'" + function.name() + "' is declared twice"));
      } else if (!again || replaces((Code) old, function)) {
        symbols.put(function.name(), new Code(function.at(), function));
      }
    }
    file.aliases()
        .forEach(
            (name, target) -> {
              Definition aliased = symbols.get(target);
              boolean declared =
                  symbols.get(name) instanceof Code code && code.function().body().isPresent();
              if (aliased instanceof Code && !declared) {
                symbols.put(name, aliased);
              }
            });
    for (Definition definition : symbols.values()) {
      if (definition instanceof Code code && code.function().body().isPresent()) {
        functionAddresses.computeIfAbsent(
            code.function().name(),
            name -> FUNCTION_BASE + FUNCTION_SIZE * functionAddresses.size());
      }
    }
  }

  private boolean replaces(Code old, Function function) {
    boolean both = old.function().body().isPresent() && function.body().isPresent();
    if (both && !mayRepeat(function.linkage()) && !mayRepeat(old.function().linkage())) {
      errors.add(diagnostic(function.at(), "'" + function.name() + "' is defined twice"));
    }
    return old.function().body().isEmpty()
        || both && mayRepeat(old.function().linkage()) && !mayRepeat(function.linkage());
  }

  // ---- bodies

  private void readTexts() {
    for (String name : functionAddresses.keySet()) {
      Function function = ((Code) symbols.get(name)).function();
      try {
        FunctionText text =
            new FunctionText(function, scope, file.name(), file.sourceFiles(), errors::add);
        texts.put(name, text);
        text.moduleData.forEach(datum -> variables.add(datum.variable()));
      } catch (ArithmeticException e) {
        errors.add(diagnostic(function.at(), "the variables of '" + name + "' are too large"));
      }
    }
  }

  private Set<String> addressedByData() {
    Set<String> names = new LinkedHashSet<>();
    for (Variable variable : variables) {
      variable.initializer().ifPresent(initializer -> CallGraph.addresses(initializer, names));
    }
    Set<String> functions = new LinkedHashSet<>();
    for (String name : names) {
      if (symbols.get(name) instanceof Code code && texts.containsKey(code.function().name())) {
        functions.add(code.function().name());
      }
    }
    return functions;
  }

  private void checkInitialValues() {
    for (Variable variable : variables) {
      if (variable.initializer().isEmpty()) {
        continue;
      }
      try {
        new InitialBytes(symbols, functionAddresses, any -> 0).of(variable);
      } catch (MalformedInstruction e) {
        errors.add(diagnostic(e.at(), e.getMessage()));
      } catch (ArithmeticException e) {
        errors.add(diagnostic(variable.at(), "'" + variable.name() + "' is too large"));
      }
    }
  }

  private int targetVersion() {
    for (String target : file.targets()) {
      Matcher matcher = TARGET.matcher(target);
      if (matcher.matches()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    return 0;
  }

  private PtxDiagnostic diagnostic(Position at, String message) {
    return new PtxDiagnostic(file.name(), at, message);
  }

  private void failIfWrong() {
    if (!errors.isEmpty()) {
      errors.sort(Comparator.comparing(PtxDiagnostic::at));
      throw new PtxException(errors);
    }
  }
}
