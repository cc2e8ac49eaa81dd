package dev.kiln.ops.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  private final Device device = Devices.eval();

  @TempDir Path folder;

  /** A position with inner state. */
  record Place(int epoch, List<Double> seen) {}

  private final class Counter implements Stateful {
    final NdArray numbers;
    Place place;

    Counter(float first, Place place) {
      numbers = NdArray.of(device, new float[] {first, 2, 3});
      this.place = place;
    }

    @Override
    public void save(StateWriter out) {
      out.in("model").array("numbers", numbers);
      out.value("place", place);
    }

    @Override
    public void load(StateReader in) {
      in.in("model").array("numbers", numbers);
      place = in.value("place", Place.class);
    }
  }

  private final Counter before = new Counter(7, new Place(3, List.of(0.1, 1e-300)));
  private final Counter after = new Counter(0, null);

  @Test
  void aStateComesBackAsItWas() {
    Path file = folder.resolve("x.safetensors");
    Checkpoint.save(file, before);
    Checkpoint.load(file, after);
    assertThat(after.numbers.toFloats()).containsExactly(7, 2, 3);
    assertThat(after.place).isEqualTo(before.place);
  }

  @Test
  void otherToolsSeeItsArrays() {
    Path file = folder.resolve("x.safetensors");
    Checkpoint.save(file, before);
    assertThat(Safetensors.read(file, device)).containsOnlyKeys("model.numbers");
  }

  @Test
  void everyChangedBitIsNoticed() throws IOException {
    Path file = folder.resolve("x.safetensors");
    Checkpoint.save(file, before);
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 4;
      Files.write(file, changed);
      assertThatThrownBy(() -> Checkpoint.load(file, after))
          .as("byte %d of %d", i, whole.length)
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("x.safetensors");
    }
    assertThat(after.place).isNull();
  }

  @Test
  void everyShorterFileIsRefused() throws IOException {
    Path file = folder.resolve("x.safetensors");
    Checkpoint.save(file, before);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 3) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Checkpoint.load(file, after)).isInstanceOf(KilnException.class);
    }
  }

  @Test
  void weightsAloneAreNoCheckpoint() {
    Path file = folder.resolve("w.safetensors");
    Safetensors.write(file, java.util.Map.of("a", before.numbers), java.util.Map.of());
    assertThatThrownBy(() -> Checkpoint.load(file, after))
        .hasMessageContaining("is no checkpoint of this version of Kiln");
  }

  @Test
  void aFolderKeepsTheLastFew() {
    var checkpoints = new CheckpointFolder(folder.resolve("deep"), 2);
    for (long step : new long[] {5, 10, 2_000_000_000}) {
      checkpoints.save(step, before);
    }
    assertThat(checkpoints.all())
        .extracting(CheckpointFolder.Stored::step)
        .containsExactly(10L, 2_000_000_000L);
  }

  @Test
  void whatWasJustWrittenStaysEvenIfOthersAreOfLaterSteps() {
    var checkpoints = new CheckpointFolder(folder, 2);
    for (long step : new long[] {100, 200, 10}) {
      assertThat(checkpoints.save(step, before)).exists();
    }
    assertThat(checkpoints.all())
        .extracting(CheckpointFolder.Stored::step)
        .containsExactly(10L, 200L);
  }

  @Test
  void aStepIsNotNegative() {
    assertThatThrownBy(() -> new CheckpointFolder(folder, 2).save(-1, before))
        .hasMessage("a checkpoint is of a step from 0 on, not -1");
  }

  @Test
  void aDamagedCheckpointGivesWayToTheOneBefore() throws IOException {
    var checkpoints = new CheckpointFolder(folder, 2);
    checkpoints.save(1, before);
    Path last = checkpoints.save(2, new Counter(9, new Place(4, List.of())));
    Files.write(last, new byte[] {1, 2, 3});
    var refused = new ArrayList<String>();
    Optional<CheckpointFolder.Stored> used = checkpoints.resume(after, refused::add);
    assertThat(used.orElseThrow().step()).isEqualTo(1);
    assertThat(after.place).isEqualTo(before.place);
    assertThat(refused)
        .singleElement()
        .asString()
        .contains("step-00000002")
        .contains("is no safetensors file, or is truncated");
  }

  @Test
  void aFolderOfDamagedCheckpointsSaysWhy() throws IOException {
    var checkpoints = new CheckpointFolder(folder, 2);
    Files.write(checkpoints.save(1, before), new byte[0]);
    assertThatThrownBy(() -> checkpoints.resume(after, reason -> {}))
        .hasMessageContaining("no checkpoint in")
        .hasMessageContaining("truncated");
  }

  @Test
  void anEmptyFolderHasNone() {
    assertThat(new CheckpointFolder(folder.resolve("none"), 2).resume(after, reason -> {}))
        .isEmpty();
  }

  @Test
  void aMissingValueIsNamed() {
    Path file = folder.resolve("x.safetensors");
    Checkpoint.save(
        file,
        new Stateful() {
          @Override
          public void save(StateWriter out) {
            out.in("model").array("numbers", before.numbers);
          }

          @Override
          public void load(StateReader in) {}
        });
    assertThatThrownBy(() -> Checkpoint.load(file, after))
        .hasMessageContaining("the state has no 'place'");
  }
}
