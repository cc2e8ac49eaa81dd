package dev.kiln.runtime.signature;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Stmt;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The functions that a file's kernels call by name: the file's own, and those that it imports from
 * other kernel files.
 */
public final class FileFunctions {
  /** Finds nothing. */
  public static final FileFunctions NONE = new FileFunctions(null, ImportResolver.NONE);

  /** Re-exports through more files than this are not followed; they may be circular. */
  private static final int DEEPEST = 8;

  private final KernelFile file;
  private final ImportResolver imports;

  private FileFunctions(KernelFile file, ImportResolver imports) {
    this.file = file;
    this.imports = imports;
  }

  /** A function, and the functions that it can call. */
  record Found(Stmt.FunctionDef function, FileFunctions functions) {
    private Place place() {
      return new Place(functions.file.source().name(), function.name());
    }
  }

  /**
   * Where a function stands.
   *
   * @param file the name under which messages speak of its file
   */
  public record Place(String file, String function) {}

  public static FileFunctions of(KernelFile file, ImportResolver imports) {
    return new FileFunctions(file, imports);
  }

  /** The functions that a function's own text calls. */
  public Set<Place> calledBy(Stmt.FunctionDef function) {
    Set<Place> places = new LinkedHashSet<>();
    SyntaxWalk.expressions(
        function.body(),
        expr -> {
          if (expr instanceof Expr.Call call) {
            find(call.function()).map(Found::place).ifPresent(places::add);
          }
        });
    return places;
  }

  /** What a name, or an attribute of an imported file, stands for, if that is a function. */
  Optional<Found> find(Expr callee) {
    return switch (callee) {
      case Expr.Name it -> named(it.id(), 0);
      case Expr.Attribute it when it.value() instanceof Expr.Name module ->
          module(module.id()).flatMap(found -> found.named(it.name(), 1));
      default -> Optional.empty();
    };
  }

  private Optional<Found> named(String name, int depth) {
    if (file == null || depth > DEEPEST) {
      return Optional.empty();
    }
    // Of two statements that bind the name, the last holds.
    for (Stmt statement : file.statements().reversed()) {
      Optional<Found> found =
          switch (statement) {
            case Stmt.FunctionDef it when it.name().equals(name) ->
                Optional.of(new Found(it, this));
            case Stmt.Assign it
                when it.targets().getFirst() instanceof Expr.Name target
                    && target.id().equals(name) ->
                wrapped(it.value(), name, depth);
            case Stmt.ImportFrom it -> imported(it, name, depth);
            default -> Optional.empty();
          };
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** {@code name = triton.jit(function)}, or a second name for a function. */
  private Optional<Found> wrapped(Expr value, String name, int depth) {
    Expr inner = value;
    while (inner instanceof Expr.Call layer && layer.args().size() == 1) {
      inner = layer.args().getFirst();
    }
    return inner instanceof Expr.Name plain && !plain.id().equals(name)
        ? named(plain.id(), depth + 1)
        : Optional.empty();
  }

  private Optional<Found> imported(Stmt.ImportFrom load, String name, int depth) {
    Optional<String> original =
        load.names().stream()
            .filter(alias -> alias.name().equals("*") || alias.bound().equals(name))
            .map(alias -> alias.name().equals("*") ? name : alias.name())
            .findFirst();
    return original.flatMap(
        there -> file(load.level(), load.module()).flatMap(it -> it.named(there, depth + 1)));
  }

  private Optional<FileFunctions> module(String name) {
    List<Stmt> statements = file == null ? List.of() : file.statements();
    return statements.stream()
        .flatMap(
            statement ->
                switch (statement) {
                  case Stmt.Import it ->
                      it.names().stream()
                          .filter(alias -> alias.asName().orElse(alias.name()).equals(name))
                          .flatMap(alias -> file(0, alias.name()).stream());
                  case Stmt.ImportFrom it ->
                      it.names().stream()
                          .filter(alias -> alias.bound().equals(name))
                          .flatMap(alias -> file(it.level(), within(it, alias)).stream());
                  default -> Stream.empty();
                })
        .findFirst();
  }

  private static String within(Stmt.ImportFrom load, Stmt.Alias alias) {
    return load.module().isEmpty() ? alias.name() : load.module() + "." + alias.name();
  }

  private Optional<FileFunctions> file(int level, String module) {
    return imports
        .resolve(file.source(), level, module)
        .map(found -> new FileFunctions(found, imports));
  }
}
