package dev.kiln.compiler.python;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Imports from the file system: relative ones from the importing file's package, absolute ones from
 * beside the importing file and from the folders above it. Each file is read once. Not for several
 * threads.
 */
public final class FileImports implements ImportResolver {
  /** A folder of that name beside a kernel file is a part of its own package, not the library. */
  private static final Set<String> LIBRARIES = Set.of("triton", "torch", "numpy", "jax");

  private static final int MAX_FOLDERS_ABOVE = 8;

  private final Map<Path, Optional<KernelFile>> files = new HashMap<>();

  /**
   * The kernel file at a path; imports are searched from there.
   *
   * @throws IOException if it cannot be read
   * @throws dev.kiln.compiler.diagnostics.CompilationException if a function for the device in it
   *     is not well formed
   */
  public KernelFile load(Path path) throws IOException {
    Path key = path.toAbsolutePath().normalize();
    var known = files.get(key);
    if (known != null && known.isPresent()) {
      return known.get();
    }
    var file = KernelFiles.load(new Source(path.toString(), Files.readString(path)));
    files.put(key, Optional.of(file));
    return file;
  }

  /** {@link #load(Path)} with the text that the file is known to have. */
  public KernelFile load(Path path, String text) {
    KernelFile file = KernelFiles.load(new Source(path.toString(), text));
    files.put(path.toAbsolutePath().normalize(), Optional.of(file));
    return file;
  }

  /**
   * The text of each file that was looked for so far, by absolute path; empty where there was none.
   */
  public Map<String, Optional<String>> filesSeen() {
    Map<String, Optional<String>> seen = new TreeMap<>();
    files.forEach(
        (path, file) -> seen.put(path.toString(), file.map(found -> found.source().text())));
    return seen;
  }

  @Override
  public Optional<KernelFile> resolve(Source importing, int level, String module) {
    Path folder;
    try {
      folder = Path.of(importing.name()).toAbsolutePath().normalize().getParent();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
    String relative = module.replace('.', '/');
    if (level > 0) {
      for (int i = 1; i < level && folder != null; i++) {
        folder = folder.getParent();
      }
      return folder == null ? Optional.empty() : in(folder, relative);
    }
    if (isLibrary(module)) {
      return Optional.empty();
    }
    for (int i = 0; i <= MAX_FOLDERS_ABOVE && folder != null; i++, folder = folder.getParent()) {
      var found = in(folder, relative);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Whether an absolute import is of a library that is never a kernel file. */
  static boolean isLibrary(String module) {
    int dot = module.indexOf('.');
    return LIBRARIES.contains(dot < 0 ? module : module.substring(0, dot));
  }

  private Optional<KernelFile> in(Path folder, String module) {
    if (!module.isEmpty()) {
      var file = read(folder.resolve(module + ".py"));
      if (file.isPresent()) {
        return file;
      }
    }
    return read(folder.resolve(module).resolve("__init__.py").normalize());
  }

  private Optional<KernelFile> read(Path path) {
    Path key = path.toAbsolutePath().normalize();
    var known = files.get(key);
    if (known != null) {
      return known;
    }
    Optional<KernelFile> file = Optional.empty();
    try {
      if (Files.isRegularFile(key)) {
        file = Optional.of(KernelFiles.load(new Source(key.toString(), Files.readString(key))));
      }
    } catch (IOException e) {
      // Not readable, or not text: then it is no kernel file.
    }
    files.put(key, file);
    return file;
  }
}
