package dev.kiln.compiler.transform;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A file of tile IR with what passes are to make of it.
 *
 * <p>{@code ; run: canonicalize, dce} names the passes. What comes out is compared with the
 * directives of {@link dev.kiln.compiler.filecheck.FileCheck}, or, if there are none, with the text
 * below the line {@link #SEPARATOR}. {@code ; eval: %f(1, 2) == 3} runs a function before and after
 * the passes: it stores its result through its first parameter, a pointer, which is not given.
 */
record TirFile(Path path, String input, String golden) {
  static final String SEPARATOR = "; ==== after the passes ====";
  static final Path ROOT = Path.of("src/test/resources/tir");
  static final boolean UPDATE = Boolean.getBoolean("kiln.update");

  static List<Path> in(String folder) {
    try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
      return files.filter(path -> path.toString().endsWith(".tir")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static TirFile read(Path path) {
    try {
      String text = Files.readString(path);
      int separator = text.indexOf(SEPARATOR);
      return separator < 0
          ? new TirFile(path, text, "")
          : new TirFile(
              path,
              text.substring(0, separator),
              text.substring(separator + SEPARATOR.length()).stripLeading());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What follows a word such as {@code run:} in comments that begin with it. */
  List<String> directives(String word) {
    String prefix = "; " + word + ":";
    return input
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length()).strip())
        .toList();
  }

  List<TileFunction> functions() {
    return Parser.parse(new Source(path.getFileName().toString(), input));
  }

  /** The passes that the file names. */
  PassPipeline pipeline() {
    List<Pass> passes =
        directives("run").stream()
            .flatMap(names -> Stream.of(names.split(",")))
            .map(name -> StandardPipeline.pass(name.strip()))
            .toList();
    return new PassPipeline(passes).withVerification();
  }

  static String print(List<TileFunction> functions) {
    return functions.stream().map(Printer::print).collect(Collectors.joining("\n"));
  }

  void update(String output) {
    try {
      Files.writeString(path, input.stripTrailing() + "\n\n" + SEPARATOR + "\n\n" + output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
