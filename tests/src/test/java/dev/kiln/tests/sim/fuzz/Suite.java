package dev.kiln.tests.sim.fuzz;

import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.PtxFile;
import dev.kiln.runtime.sim.ptx.PtxParser;
import dev.kiln.runtime.sim.ptx.PtxPrinter;
import dev.kiln.runtime.sim.ptx.Variable;
import dev.kiln.tests.sim.fuzz.PtxMutants.Original;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The PTX texts of this module's tests, cut to pieces of one entry each. */
final class Suite {
  private static final List<String> FOLDERS = List.of("cuda", "faults", "sim");

  private static final class Holder {
    static final List<Original> ORIGINALS = read();
  }

  private Suite() {}

  /** The pieces, always in the same order. */
  static List<Original> originals() {
    return Holder.ORIGINALS;
  }

  private static List<Original> read() {
    List<Original> pieces = new ArrayList<>();
    for (String folder : FOLDERS) {
      Path root = Path.of(URI.create(Suite.class.getResource("/" + folder).toString()));
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".ptx")).sorted().toList()) {
          cut(folder + "/" + root.relativize(file), Files.readString(file), pieces);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return List.copyOf(pieces);
  }

  /** A text with one entry stays as it was written. */
  private static void cut(String name, String text, List<Original> pieces) {
    PtxFile file = PtxParser.parse(name, text);
    List<Function> entries = file.functions().stream().filter(Function::entry).toList();
    if (entries.size() == 1) {
      pieces.add(new Original(name, text));
      return;
    }
    for (Function entry : entries) {
      pieces.add(new Original(name + " " + entry.name(), PtxPrinter.print(piece(file, entry))));
    }
  }

  /** An entry with what it names, what that names, and so on. */
  private static PtxFile piece(PtxFile file, Function entry) {
    List<Function> functions = new ArrayList<>(List.of(entry));
    List<Variable> variables = new ArrayList<>();
    boolean grows = true;
    while (grows) {
      String text = PtxPrinter.print(with(file, variables, functions));
      grows = addNamed(file.functions(), functions, f -> !f.entry() && text.contains(f.name()));
      grows |= addNamed(file.variables(), variables, v -> text.contains(v.name()));
    }
    return with(
        file,
        file.variables().stream().filter(variables::contains).toList(),
        file.functions().stream().filter(functions::contains).toList());
  }

  private static <T> boolean addNamed(List<T> all, List<T> chosen, Predicate<T> named) {
    List<T> more = all.stream().filter(x -> !chosen.contains(x) && named.test(x)).toList();
    return chosen.addAll(more);
  }

  private static PtxFile with(PtxFile file, List<Variable> variables, List<Function> functions) {
    return new PtxFile(
        file.name(),
        file.version(),
        file.targets(),
        file.addressSize(),
        variables,
        functions,
        Map.of(),
        Map.of(),
        List.of());
  }
}
