package dev.kiln.tests.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes the files of numbers of libtorch that tests compare with; a program. Its arguments are
 * {@code write} or {@code check}, and their folder, {@code
 * tests/src/test/resources/dev/kiln/tests/train}. Checking computes them anew and throws where the
 * numbers are others.
 */
public final class TorchGoldens {
  private static final double TOLERANCE = 1e-9;

  private TorchGoldens() {}

  /** Files by name: computes them all. */
  public static Map<String, byte[]> files() {
    var files = new LinkedHashMap<String, byte[]>();
    put(files, "layers", GoldenFile.text("Layers in libtorch.", GoldenLayers.all()));
    put(files, "tensors", GoldenFile.text("Operations in libtorch.", GoldenTensors.all()));
    put(files, "sequences", GoldenFile.text("Sequences in libtorch.", GoldenSequences.all()));
    put(files, "losses", GoldenFile.text("Losses in libtorch.", GoldenLosses.all()));
    put(files, "optimizers", GoldenFile.text("Optimizers in libtorch.", GoldenOptimizers.all()));
    var models = new GoldenModels();
    put(files, "models", models.text());
    files.put("torch-gpt.safetensors", models.safetensors());
    return files;
  }

  private static void put(Map<String, byte[]> files, String name, String text) {
    files.put("torch-" + name + ".json", text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes the files, or compares them. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    boolean write = arguments[0].equals("write");
    Files.createDirectories(folder);
    for (var file : files().entrySet()) {
      Path path = folder.resolve(file.getKey());
      if (write) {
        Files.write(path, file.getValue());
      } else if (file.getKey().endsWith(".json")) {
        var mapper = new ObjectMapper();
        compare(file.getKey(), mapper.readTree(path.toFile()), mapper.readTree(file.getValue()));
      }
    }
  }

  /** Numbers may differ a little between processors, libtorch's errors much. */
  private static void compare(String where, JsonNode stored, JsonNode computed) {
    if (stored.isNumber() && computed.isNumber()) {
      double difference = Math.abs(stored.doubleValue() - computed.doubleValue());
      if (!(difference <= TOLERANCE * Math.max(1, Math.abs(stored.doubleValue())))) {
        throw new IllegalStateException(where + " is stored as " + stored + ", not " + computed);
      }
    } else if (stored.isContainerNode() && stored.size() == computed.size()) {
      stored
          .properties()
          .forEach(
              member -> {
                String name = member.getKey();
                if (!name.startsWith("error")) {
                  compare(where + "/" + name, member.getValue(), computed.path(name));
                }
              });
      for (int i = 0; stored.isArray() && i < stored.size(); i++) {
        compare(where + "/" + i, stored.get(i), computed.get(i));
      }
    } else if (!stored.equals(computed)) {
      throw new IllegalStateException(where + " is stored as " + stored + ", not " + computed);
    }
  }
}
