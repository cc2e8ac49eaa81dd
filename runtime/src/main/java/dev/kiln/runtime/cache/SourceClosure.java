package dev.kiln.runtime.cache;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.syntax.BoundNames;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a kernel's meaning depends on in its file and in those that it imports: the statements that
 * bind or change the names that it mentions, those that these mention, and so on.
 *
 * <p>A name counts as mentioned wherever it stands, as an attribute or a keyword too: the closure
 * may be too large, which costs a needless compilation, but never too small. The library of kernel
 * functions belongs to the compiler, whose version is a part of every key.
 */
public final class SourceClosure {
  /** A name of a file; files are numbered in the order in which they are met. */
  private record Item(int file, String name) {}

  private final ImportResolver imports;
  private final Map<KernelFile, Integer> numbers = new IdentityHashMap<>();
  private final List<KernelFile> files = new ArrayList<>();
  private final Map<Stmt, SyntaxDigest.Mentions> mentions = new IdentityHashMap<>();

  /**
   * @param imports of the kernel's file
   */
  public SourceClosure(ImportResolver imports) {
    this.imports = imports;
  }

  /**
   * Two digests of 32 bytes.
   *
   * @param meaning of the closure, without its lines
   * @param positions of the lines and columns on which it stands, and the files' names
   */
  public record Digests(byte[] meaning, byte[] positions) {}

  /** The digests of what a name of a file depends on. */
  public Digests of(KernelFile file, String name) {
    numbers.clear();
    files.clear();
    var digest = new SyntaxDigest();
    Set<Item> seen = new LinkedHashSet<>();
    Deque<Item> open = new ArrayDeque<>();
    open.add(item(file, name));
    while (!open.isEmpty()) {
      Item item = open.poll();
      if (seen.add(item)) {
        visit(item, digest, open);
      }
    }
    return new Digests(digest.meaning(), digest.positions());
  }

  private Item item(KernelFile file, String name) {
    Integer number = numbers.get(file);
    if (number == null) {
      number = files.size();
      numbers.put(file, number);
      files.add(file);
    }
    return new Item(number, name);
  }

  private void visit(Item item, SyntaxDigest digest, Deque<Item> open) {
    KernelFile file = files.get(item.file());
    boolean bound = false;
    for (Stmt statement : file.statements()) {
      if (affects(statement, item.name())) {
        bound = true;
        digest.name(item.file(), item.name());
        digest.source(file.source().name());
        digest.add(file.guards().getOrDefault(statement, List.of()));
        digest.add(statement);
        follow(file, item.name(), statement, open);
      }
    }
    if (!bound) {
      followStars(file, item.name(), open);
    }
  }

  /** Whether a statement of a module binds a name or may change its value. */
  private boolean affects(Stmt statement, String name) {
    return switch (statement) {
      case Stmt.FunctionDef function -> function.name().equals(name);
      case Stmt.ClassDef definition -> definition.name().equals(name);
      case Stmt.Import _, Stmt.ImportFrom _ -> BoundNames.of(statement).contains(name);
      case Stmt.Assign assign -> SyntaxDigest.mentionsOf(assign.targets()).names().contains(name);
      case Stmt.AnnAssign assign -> SyntaxDigest.mentionsOf(assign.target()).names().contains(name);
      case Stmt.AugAssign assign -> SyntaxDigest.mentionsOf(assign.target()).names().contains(name);
      default -> mentions(statement).names().contains(name);
    };
  }

  private SyntaxDigest.Mentions mentions(Stmt statement) {
    return mentions.computeIfAbsent(statement, SyntaxDigest::mentionsOf);
  }

  private void follow(KernelFile file, String of, Stmt statement, Deque<Item> open) {
    switch (statement) {
      case Stmt.Import load -> importedModules(file, load, open);
      case Stmt.ImportFrom load -> importedName(file, of, load, open);
      default -> {
        SyntaxDigest.Mentions found = mentions(statement);
        found.names().forEach(name -> open.add(item(file, name)));
        found.imports().forEach(inner -> importedWithin(file, inner, open));
        file.guards().getOrDefault(statement, List.of()).stream()
            .flatMap(guard -> SyntaxDigest.mentionsOf(guard.test()).names().stream())
            .forEach(name -> open.add(item(file, name)));
      }
    }
  }

  private void importedModules(KernelFile file, Stmt.Import load, Deque<Item> open) {
    for (Stmt.Alias alias : load.names()) {
      everything(resolve(file, 0, alias.name()), open);
    }
  }

  private void importedName(KernelFile file, String of, Stmt.ImportFrom load, Deque<Item> open) {
    for (Stmt.Alias alias : load.names()) {
      if (alias.bound().equals(of)) {
        resolve(file, load.level(), load.module())
            .ifPresent(found -> open.add(item(found, alias.name())));
        everything(resolve(file, load.level(), submodule(load, alias)), open);
      }
    }
  }

  /** Imports within functions, of which it is not followed who uses them. */
  private void importedWithin(KernelFile file, Stmt statement, Deque<Item> open) {
    if (statement instanceof Stmt.Import load) {
      importedModules(file, load, open);
    } else if (statement instanceof Stmt.ImportFrom load) {
      everything(resolve(file, load.level(), load.module()), open);
      for (Stmt.Alias alias : load.names()) {
        everything(resolve(file, load.level(), submodule(load, alias)), open);
      }
    }
  }

  private void followStars(KernelFile file, String name, Deque<Item> open) {
    for (Stmt statement : file.statements()) {
      if (statement instanceof Stmt.ImportFrom load && load.names().getFirst().name().equals("*")) {
        resolve(file, load.level(), load.module()).ifPresent(found -> open.add(item(found, name)));
      }
    }
  }

  private static String submodule(Stmt.ImportFrom load, Stmt.Alias alias) {
    return load.module().isEmpty() ? alias.name() : load.module() + "." + alias.name();
  }

  private void everything(Optional<KernelFile> file, Deque<Item> open) {
    if (file.isPresent()) {
      for (Stmt statement : file.get().statements()) {
        BoundNames.of(statement).forEach(name -> open.add(item(file.get(), name)));
      }
    }
  }

  private Optional<KernelFile> resolve(KernelFile file, int level, String module) {
    try {
      return imports.resolve(file.source(), level, module);
    } catch (CompilationException e) {
      // Whoever needs the file will report it.
      return Optional.empty();
    }
  }
}
