package dev.kiln.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.kiln.ops.checkpoint.CheckpointFolder;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;

/**
 * The files of a run.
 *
 * @param folder where they are
 */
record RunFolder(Path folder) {
  /** Checkpoints that stay: the last, and the one before in case that is damaged. */
  static final int KEPT = 2;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** The command of a run: each option with its values. */
  record Settings(String workload, SequencedMap<String, List<String>> options) {}

  Path checkpoints() {
    return folder.resolve("checkpoints");
  }

  Path weights() {
    return folder.resolve("model.safetensors");
  }

  Path bestWeights() {
    return folder.resolve("best.safetensors");
  }

  Path tokenizer() {
    return folder.resolve("tokenizer.json");
  }

  Path encoder() {
    return folder.resolve("encoder.json");
  }

  Path predictions() {
    return folder.resolve("predictions.csv");
  }

  Path report() {
    return folder.resolve("report.html");
  }

  private Path settings() {
    return folder.resolve("settings.json");
  }

  /**
   * Makes the folder for a new run.
   *
   * @throws KilnException if there is a run already, or it cannot be written to
   */
  void begin() {
    AtomicFile.requirePlace(settings());
    if (lastStep() >= 0) {
      throw new KilnException(
          folder + " holds a run already; go on with --resume " + folder + ", or name another");
    }
  }

  /** The step of the newest checkpoint; -1 if there is none. */
  long lastStep() {
    var all = new CheckpointFolder(checkpoints(), KEPT).all();
    return all.isEmpty() ? -1 : all.getLast().step();
  }

  void write(Settings settings) {
    try {
      byte[] json = JSON.writeValueAsString(settings).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(settings(), out -> out.write(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The command of the run in this folder.
   *
   * @throws KilnException if there is none
   */
  Settings read() {
    if (!Files.isDirectory(folder)) {
      throw new KilnException("cannot resume: there is no folder " + folder);
    }
    if (!Files.exists(settings())) {
      throw new KilnException(
          "cannot resume: %s holds no run; it has no %s"
              .formatted(folder, settings().getFileName()));
    }
    try {
      return JSON.readValue(settings().toFile(), Settings.class);
    } catch (JsonProcessingException e) {
      throw new KilnException(
          settings() + ": is damaged or of another program: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new KilnException(settings() + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
