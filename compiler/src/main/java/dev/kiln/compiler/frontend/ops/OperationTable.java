package dev.kiln.compiler.frontend.ops;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All operations of the language, a row each. Families of operations add their rows; names, methods
 * and the support table are read from here.
 */
final class OperationTable {
  private static final OperationTable INSTANCE = build();

  private final Map<String, Builtin> byName = new LinkedHashMap<>();
  private final Map<String, Builtin> methods = new LinkedHashMap<>();
  private final Map<String, String> aliases = new LinkedHashMap<>();

  private OperationTable() {}

  static OperationTable instance() {
    return INSTANCE;
  }

  private static OperationTable build() {
    var table = new OperationTable();
    ProgramOperations.addTo(table);
    CreationOperations.addTo(table);
    ShapeOperations.addTo(table);
    DotOperations.addTo(table);
    ScaledDotOperations.addTo(table);
    MemoryOperations.addTo(table);
    BlockPointerOperations.addTo(table);
    DescriptorOperations.addTo(table);
    AtomicOperations.addTo(table);
    MathOperations.addTo(table);
    ReductionOperations.addTo(table);
    RandomOperations.addTo(table);
    HintOperations.addTo(table);
    AssemblyOperations.addTo(table);
    LoopOperations.addTo(table);
    TypeOperations.addTo(table);
    LibdeviceOperations.addTo(table);
    MachineOperations.addTo(table);
    PythonOperations.addTo(table);
    return table;
  }

  /** Starts rows of one section. */
  Rows rows(Category category, String module) {
    return new Rows(category, module);
  }

  Optional<Builtin> find(String name) {
    return Optional.ofNullable(byName.get(aliases.getOrDefault(name, name)));
  }

  Optional<Builtin> method(String name) {
    return Optional.ofNullable(methods.get(name));
  }

  List<String> methodNames() {
    return List.copyOf(methods.keySet());
  }

  List<Builtin> all() {
    return List.copyOf(byName.values());
  }

  /** Last names of everything in a module. */
  List<String> namesIn(String module) {
    return byName.keySet().stream()
        .filter(name -> name.startsWith(module + ".") && name.indexOf('.', module.length() + 1) < 0)
        .map(Typing::shortName)
        .toList();
  }

  private void put(Builtin builtin) {
    byName.put(builtin.name(), builtin);
    if (builtin.isMethod()) {
      methods.put(builtin.shortName(), builtin);
    }
  }

  /** Adds rows one after the other; the modifiers speak of the row added last. */
  final class Rows {
    private final Category category;
    private final String module;
    private final List<String> added = new ArrayList<>();

    private Rows(Category category, String module) {
      this.category = category;
      this.module = module;
    }

    /** A function carried out in Java. */
    Rows add(String signature, String dtypes, Builtin.Handler handler) {
      return add(signature, dtypes, new Builtin.Action.Native(handler));
    }

    /** A function carried out in Java that only GPUs have. */
    Rows addForGpus(String signature, String dtypes, Builtin.Handler handler) {
      return add(signature, dtypes, new Builtin.Action.OnGpu(handler));
    }

    /** A function of the prelude, of the same name there. */
    Rows prelude(String signature, String dtypes) {
      String name = signature.substring(0, signature.indexOf('('));
      return add(signature, dtypes, new Builtin.Action.Prelude(name));
    }

    /** A function that is known but fails when it is called. */
    Rows missing(String signature, String dtypes) {
      return add(signature, dtypes, new Builtin.Action.Missing());
    }

    private Rows add(String text, String dtypes, Builtin.Action action) {
      Signature signature = Signature.parse(text);
      String name = module + "." + signature.name();
      put(new Builtin(name, category, signature, dtypes, "", false, action));
      added.add(name);
      return this;
    }

    /** The last row is a method of tensors as well. */
    Rows method() {
      return change(
          b ->
              new Builtin(
                  b.name(), b.category(), b.signature(), b.dtypes(), b.notes(), true, b.action()));
    }

    /** A remark for the support table. */
    Rows note(String notes) {
      return change(
          b ->
              new Builtin(
                  b.name(),
                  b.category(),
                  b.signature(),
                  b.dtypes(),
                  notes,
                  b.isMethod(),
                  b.action()));
    }

    private Rows change(java.util.function.UnaryOperator<Builtin> change) {
      put(change.apply(byName.get(added.getLast())));
      return this;
    }

    /** Another name, in the same module, for the last row. */
    Rows alias(String name) {
      aliases.put(module + "." + name, added.getLast());
      return this;
    }
  }
}
