package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.KernelFileParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The library functions that are written in the kernel language itself, as one kernel file. Parsed
 * once.
 */
final class Prelude {
  private static final List<String> PARTS =
      List.of("standard.py", "reductions.py", "sorting.py", "random.py", "libdevice.py");

  private Prelude() {}

  private static final class Holder {
    private static final KernelFile FILE = load();
  }

  static KernelFile file() {
    return Holder.FILE;
  }

  private static KernelFile load() {
    var statements = new ArrayList<dev.kiln.compiler.syntax.Stmt>();
    var text = new StringBuilder();
    for (String part : PARTS) {
      Optional<String> source = read(part);
      if (source.isPresent()) {
        text.append(source.get());
        statements.addAll(
            KernelFileParser.parse(new Source("prelude/" + part, source.get())).statements());
      }
    }
    return new KernelFile(new Source("prelude", text.toString()), statements, List.of());
  }

  private static Optional<String> read(String part) {
    try (InputStream in = Prelude.class.getResourceAsStream("/dev/kiln/compiler/prelude/" + part)) {
      return in == null
          ? Optional.empty()
          : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
