package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a kernel file declares: its functions for the device with their decorators, resolved through
 * the file's imports.
 *
 * <p>Decorators are evaluated when the declarations are made; the values of the file's other names
 * when they are asked for. Not for several threads.
 */
public final class KernelDeclarations {
  private final QualifiedNames names;
  private final ModuleEnvironment environment;
  private final Map<String, KernelDeclaration> kernels = new LinkedHashMap<>();

  private KernelDeclarations(KernelFile file, ImportResolver imports) {
    names = new QualifiedNames(file, imports);
    environment = new ModuleEnvironment(file, imports);
    for (var statement : file.statements()) {
      switch (statement) {
        case Stmt.FunctionDef function ->
            Decorators.read(function, names, environment.evaluator())
                .ifPresent(kernel -> kernels.put(function.name(), kernel));
        case Stmt.Assign(var at, var targets, Expr.Call call)
            when targets.getFirst() instanceof Expr.Name name ->
            wrapped(file, name.id(), call);
        default -> {
          // Declares no kernel.
        }
      }
    }
  }

  /** Reads the declarations of a file. */
  public static KernelDeclarations of(KernelFile file, ImportResolver imports) {
    return new KernelDeclarations(file, imports);
  }

  /** {@code kernel = triton.autotune(...)(triton.jit(function))}: decorators written as calls. */
  private void wrapped(KernelFile file, String name, Expr.Call call) {
    var decorators = new ArrayList<Expr>();
    Expr inner = call;
    while (inner instanceof Expr.Call layer
        && layer.args().size() == 1
        && layer.keywords().isEmpty()) {
      decorators.add(layer.function());
      inner = layer.args().getFirst();
    }
    if (!(inner instanceof Expr.Name plain)) {
      return;
    }
    file.statements().stream()
        .filter(Stmt.FunctionDef.class::isInstance)
        .map(Stmt.FunctionDef.class::cast)
        .filter(function -> function.name().equals(plain.id()))
        .findFirst()
        .map(
            function ->
                new Stmt.FunctionDef(
                    function.loc(),
                    name,
                    function.parameters(),
                    function.returns(),
                    joined(decorators, function.decorators()),
                    function.body(),
                    function.docstring()))
        .flatMap(function -> Decorators.read(function, names, environment.evaluator()))
        .ifPresent(kernel -> kernels.put(name, kernel));
  }

  private static List<Expr> joined(List<Expr> outer, List<Expr> inner) {
    return Stream.concat(outer.stream(), inner.stream()).toList();
  }

  /**
   * The functions decorated with {@code triton.jit}, in the order of the file; of two with one name
   * the last.
   */
  public List<KernelDeclaration> kernels() {
    return List.copyOf(kernels.values());
  }

  public Optional<KernelDeclaration> kernel(String name) {
    return Optional.ofNullable(kernels.get(name));
  }

  /** Evaluates expressions as the file's module-level code would. */
  public PythonEvaluator evaluator() {
    return environment.evaluator();
  }

  /**
   * The full name of what a name or attribute refers to: {@code triton.language.load} for {@code
   * tl.load}.
   */
  public Optional<String> qualifiedName(Expr expression) {
    return names.of(expression);
  }
}
