package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The cases that the GPU back end cannot do yet: lines {@code target | case | part of the message},
 * where {@code *} stands for every target.
 */
final class UnsupportedCases {
  private static final String EVERY_TARGET = "*";

  private final Map<String, String> messages = new HashMap<>();

  static UnsupportedCases read() {
    try (var in = UnsupportedCases.class.getResourceAsStream("unsupported.txt")) {
      var cases = new UnsupportedCases();
      new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().forEach(cases::add);
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void add(String line) {
    if (line.isBlank() || line.startsWith("#")) {
      return;
    }
    String[] parts = line.split(" \\| ", 3);
    if (parts.length != 3) {
      throw new IllegalArgumentException("not 'target | case | message': " + line);
    }
    messages.put(key(parts[0].strip(), parts[1].strip()), parts[2].strip());
  }

  /** A part of the message with which a case fails on a target; empty if it must work. */
  Optional<String> message(Target target, String kernelCase) {
    return Optional.ofNullable(messages.get(key(target.label(), kernelCase)))
        .or(() -> Optional.ofNullable(messages.get(key(EVERY_TARGET, kernelCase))));
  }

  private static String key(String target, String kernelCase) {
    return target + " " + kernelCase;
  }
}
