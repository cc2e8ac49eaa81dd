package dev.kiln.ops.checkpoint;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run, in one folder, by step. A new one is complete before an older one goes,
 * so that there is always one to resume from, whenever the process ends.
 */
public final class CheckpointFolder {
  private static final Pattern NAME =
      Pattern.compile("step-(\\d{1,18})\\.checkpoint\\.safetensors");

  private final Path folder;
  private final int kept;

  /**
   * @param kept how many checkpoints stay, at least 1; 2 survive a damaged disk block in the last
   */
  public CheckpointFolder(Path folder, int kept) {
    if (kept < 1) {
      throw new KilnException("at least one checkpoint must be kept, not " + kept);
    }
    this.folder = folder;
    this.kept = kept;
  }

  /** A checkpoint and its number. */
  public record Stored(Path file, long step) {}

  /**
   * Writes a checkpoint, then removes those that are too old.
   *
   * @param step from 0 on
   */
  public Path save(long step, Stateful state) {
    if (step < 0) {
      throw new KilnException("a checkpoint is of a step from 0 on, not " + step);
    }
    Path file =
        folder.resolve(String.format(Locale.ROOT, "step-%08d.checkpoint.safetensors", step));
    Checkpoint.save(file, state);
    List<Stored> others = all().stream().filter(stored -> stored.step != step).toList();
    for (Stored old : others.subList(0, Math.max(0, others.size() + 1 - kept))) {
      remove(old.file);
    }
    return file;
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException ignored) {
      // The new checkpoint is there; an old one that stays does no harm.
    }
  }

  /** All checkpoints from the oldest to the newest. */
  public List<Stored> all() {
    var found = new ArrayList<Stored>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(
          file -> {
            Matcher matcher = NAME.matcher(file.getFileName().toString());
            if (matcher.matches()) {
              found.add(new Stored(file, Long.parseLong(matcher.group(1))));
            }
          });
    } catch (IOException e) {
      throw new KilnException(folder + ": cannot be read: " + e.getMessage(), e);
    }
    found.sort(Comparator.comparingLong(Stored::step));
    return found;
  }

  /**
   * Goes on from the newest checkpoint that is whole.
   *
   * @param refused told why a newer one is not
   * @return the one that was used, or nothing if there is none at all
   * @throws KilnException if there are checkpoints but none is whole, or the whole one does not fit
   */
  public Optional<Stored> resume(Stateful state, Consumer<String> refused) {
    List<Stored> all = all();
    KilnException reason = null;
    for (Stored stored : all.reversed()) {
      try {
        Checkpoint.check(stored.file);
      } catch (KilnException e) {
        reason = e;
        refused.accept(e.getMessage());
        continue;
      }
      Checkpoint.load(stored.file, state);
      return Optional.of(stored);
    }
    if (reason != null) {
      throw new KilnException(
          "no checkpoint in " + folder + " can be used; of the last: " + reason.getMessage(),
          reason);
    }
    return Optional.empty();
  }
}
