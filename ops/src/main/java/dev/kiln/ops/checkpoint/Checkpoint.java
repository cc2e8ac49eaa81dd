package dev.kiln.ops.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The state of a training run as one safetensors file: arrays under their names, plain values as
 * JSON in the header, and a checksum of both. It is written as a whole or not at all, and is
 * refused as a whole if a bit of it is wrong.
 */
public final class Checkpoint {
  /** Version of the layout; another one is refused. */
  private static final String FORMAT = "kiln.checkpoint.1";

  private static final String FORMAT_KEY = "format";
  private static final String VALUES_KEY = "values";
  private static final String CHECKSUM_KEY = "crc32c";

  /** Mapped bytes that are summed at a time. */
  private static final long CHUNK = 1 << 24;

  private Checkpoint() {}

  /**
   * Writes a state.
   *
   * @throws KilnException if the file cannot be written; what stood there before still does
   */
  public static void save(Path file, Stateful state) {
    var writer = new StateWriter();
    state.save(writer);
    try {
      String values = Safetensors.JSON.writeValueAsString(new TreeMap<>(writer.values()));
      var sum = new CRC32C();
      sum.update(values.getBytes(UTF_8));
      for (Map.Entry<String, NdArray> named : writer.arrays().entrySet()) {
        NdArray array = named.getValue();
        sum.update(heading(named.getKey(), array.dtype(), array.shape()));
        Safetensors.eachChunk(array, sum::update);
      }
      var metadata = new LinkedHashMap<String, String>();
      metadata.put(FORMAT_KEY, FORMAT);
      metadata.put(VALUES_KEY, values);
      metadata.put(CHECKSUM_KEY, Long.toHexString(sum.getValue()));
      Safetensors.write(file, writer.arrays(), metadata);
    } catch (IOException e) {
      throw new KilnException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static byte[] heading(String name, DType dtype, long[] shape) {
    return (name + dtype + Arrays.toString(shape)).getBytes(UTF_8);
  }

  /**
   * Checks a file as a whole, then takes over its state.
   *
   * @throws KilnException if the file is no checkpoint, is damaged, or does not fit
   */
  public static void load(Path file, Stateful state) {
    try (var opened = SafetensorsFile.open(file)) {
      state.load(new StateReader(opened, check(opened), ""));
    }
  }

  /**
   * Checks a file as a whole.
   *
   * @throws KilnException if it is no checkpoint or is damaged
   */
  public static void check(Path file) {
    try (var opened = SafetensorsFile.open(file)) {
      check(opened);
    }
  }

  private static JsonNode check(SafetensorsFile file) {
    Map<String, String> metadata = file.metadata();
    String values = metadata.get(VALUES_KEY);
    if (!FORMAT.equals(metadata.get(FORMAT_KEY)) || values == null) {
      throw new KilnException(
          file.file() + ": is no checkpoint of this version of Kiln (" + FORMAT + ")");
    }
    var sum = new CRC32C();
    sum.update(values.getBytes(UTF_8));
    for (String name : file.names()) {
      sum.update(heading(name, file.dtype(name), file.shape(name)));
      MemorySegment bytes = file.bytes(name);
      for (long done = 0; done < bytes.byteSize(); done += CHUNK) {
        long length = Math.min(CHUNK, bytes.byteSize() - done);
        sum.update(bytes.asSlice(done, length).asByteBuffer());
      }
    }
    if (!Long.toHexString(sum.getValue()).equals(metadata.get(CHECKSUM_KEY))) {
      throw new KilnException(file.file() + ": is damaged: its checksum differs");
    }
    try {
      return Safetensors.JSON.readTree(values);
    } catch (JsonProcessingException e) {
      throw new KilnException(file.file() + ": is damaged: its values are no JSON", e);
    }
  }
}
