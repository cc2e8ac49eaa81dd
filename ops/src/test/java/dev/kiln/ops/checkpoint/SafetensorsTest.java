package dev.kiln.ops.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  private final Device device = Devices.eval();

  @Test
  void arraysComeBackAsTheyWere(@TempDir Path folder) {
    Path file = folder.resolve("deep/model.safetensors");
    var arrays = new LinkedHashMap<String, NdArray>();
    arrays.put("w", NdArray.of(device, DType.BF16, new double[] {1, -2, 0.5, 3, 4, 5}, 2, 3));
    arrays.put("view", NdArray.of(device, new float[] {1, 2, 3, 4}, 2, 2).permute(1, 0));
    arrays.put("empty", NdArray.zeros(device, DType.FP16, 0, 7));
    arrays.put("n", NdArray.of(device, new long[] {Long.MIN_VALUE, 7}));
    Safetensors.write(file, arrays, Map.of("seed", "1"));
    Map<String, NdArray> back = Safetensors.read(file, device);
    assertThat(back.keySet()).containsExactly("w", "view", "empty", "n");
    assertThat(back.get("w").dtype()).isEqualTo(DType.BF16);
    assertThat(back.get("w").shape()).containsExactly(2, 3);
    assertThat(back.get("w").toDoubles()).containsExactly(1, -2, 0.5, 3, 4, 5);
    assertThat(back.get("view").toFloats()).containsExactly(1, 3, 2, 4);
    assertThat(back.get("empty").shape()).containsExactly(0, 7);
    assertThat(back.get("n").toLongs()).containsExactly(Long.MIN_VALUE, 7);
  }

  @Test
  void theFileIsLaidOutAsTheFormatSays(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("x.safetensors");
    Safetensors.write(file, Map.of("a", NdArray.of(device, new float[] {1.5f}, 1)), Map.of());
    byte[] bytes = Files.readAllBytes(file);
    var data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) data.getLong();
    assertThat(header % 8).isZero();
    assertThat(new String(bytes, 8, header, StandardCharsets.UTF_8).strip())
        .isEqualTo("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
    assertThat(data.getFloat(8 + header)).isEqualTo(1.5f);
    assertThat(bytes).hasSize(8 + header + 4);
  }

  @Test
  void nothingIsLeftBesideTheFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("x.safetensors");
    Safetensors.write(file, Map.of(), Map.of());
    Safetensors.write(file, Map.of(), Map.of());
    assertThatThrownBy(
            () ->
                Safetensors.write(
                    file, Map.of("a", NdArray.zeros(device, DType.FP8E4B15, 1)), Map.of()))
        .hasMessage("safetensors has no fp8e4b15");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
    assertThat(Safetensors.read(file, device)).as("the file as it was before").isEmpty();
  }

  @Test
  void damagedFilesAreRefused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("x.safetensors");
    Safetensors.write(file, Map.of("a", NdArray.of(device, new float[] {1, 2})), Map.of());
    byte[] bytes = Files.readAllBytes(file);
    refused(file, new byte[] {1, 2, 3}, "is no safetensors file, or is truncated");
    refused(file, Arrays.copyOf(bytes, 20), "is no safetensors file, or is truncated");
    refused(
        file,
        Arrays.copyOf(bytes, bytes.length - 1),
        "a of 8 bytes lies outside the file, which may be truncated");
    byte[] damaged = bytes.clone();
    damaged[8] = '[';
    refused(file, damaged, "damaged header");
    refused(file, headed("null"), "damaged header: it is null");
    refused(file, headed("{\"a\":null}"), "damaged header: a is null");
    refused(file, headed("{\"__metadata__\":null}"), "damaged header: __metadata__ is null");
  }

  /** A file of a header alone. */
  private static byte[] headed(String json) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + header.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private void refused(Path file, byte[] content, String message) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(() -> Safetensors.read(file, device))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining(message);
  }
}
