package dev.kiln.runtime.sim.ptx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Texts for tests, and trees compared without their positions. */
final class PtxTexts {
  static final String HEADER = ".version 9.0\n.target sm_90a\n.address_size 64\n";

  private PtxTexts() {}

  /** A text beside the tests. */
  static String resource(String name) {
    try (var in = PtxTexts.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Definitions behind the usual three lines. */
  static PtxFile module(String definitions) {
    return PtxParser.parse("test.ptx", HEADER + definitions);
  }

  /** The statements of an entry with this body, which begins in line 5. */
  static List<Statement> body(String statements) {
    var module = module(".entry k() {\n" + statements + "\n}\n");
    return module.functions().getFirst().body().orElseThrow();
  }

  static Statement.Instruction instruction(String text) {
    return (Statement.Instruction) body(text).getFirst();
  }

  /** What the parser says of a text. */
  static List<String> faults(String text) {
    try {
      PtxParser.parse("test.ptx", text);
      return List.of();
    } catch (PtxException e) {
      return e.diagnostics().stream().map(d -> d.at() + ": " + d.message()).toList();
    }
  }

  /** A tree in which every position is gone, for comparisons. */
  static Object withoutPositions(Object node) {
    return switch (node) {
      case Position position -> "";
      case PtxFile file ->
          List.of(
              file.version(),
              file.targets(),
              file.addressSize(),
              withoutPositions(file.variables()),
              withoutPositions(file.functions()),
              file.aliases(),
              file.sourceFiles());
      case List<?> list -> list.stream().map(PtxTexts::withoutPositions).toList();
      case Optional<?> optional -> optional.map(PtxTexts::withoutPositions);
      case Map<?, ?> map -> new TreeMap<>(map);
      case Record composed -> components(composed);
      default -> node;
    };
  }

  private static List<Object> components(Record composed) {
    var values = new ArrayList<>();
    values.add(composed.getClass().getSimpleName());
    for (var component : composed.getClass().getRecordComponents()) {
      try {
        values.add(withoutPositions(component.getAccessor().invoke(composed)));
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException(e);
      }
    }
    return values;
  }
}
