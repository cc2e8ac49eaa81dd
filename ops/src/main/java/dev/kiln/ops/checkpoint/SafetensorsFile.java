package dev.kiln.ops.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A file of arrays in the safetensors format, mapped into memory: arrays of several gigabytes are
 * read one by one, each when it is asked for. The header is checked as a whole when the file is
 * opened: every array lies inside of the data, and none lies across another.
 */
public final class SafetensorsFile implements AutoCloseable {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int LENGTH_BYTES = 8;
  private static final int MOST_HEADER_BYTES = 100_000_000;

  private final Path file;
  private final Arena arena;
  private final MemorySegment data;
  private final Map<String, Stored> arrays;
  private final Map<String, String> metadata;

  /** Where an array stands in the data. */
  private record Stored(DType dtype, long[] shape, long from, long to) {}

  private SafetensorsFile(
      Path file,
      Arena arena,
      MemorySegment data,
      Map<String, Stored> arrays,
      Map<String, String> metadata) {
    this.file = file;
    this.arena = arena;
    this.data = data;
    this.arrays = arrays;
    this.metadata = metadata;
  }

  /**
   * Maps a file and reads its header.
   *
   * @throws KilnException if the file is missing, cannot be read, is no safetensors file, or is
   *     truncated or damaged
   */
  public static SafetensorsFile open(Path file) {
    Arena arena = Arena.ofConfined();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return parse(file, arena, bytes);
    } catch (NoSuchFileException e) {
      arena.close();
      throw new KilnException(file + ": there is no such file", e);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      arena.close();
      throw new KilnException(file + ": damaged header: " + firstLine(e), e);
    } catch (IOException e) {
      arena.close();
      throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable");
  }

  private static SafetensorsFile parse(Path file, Arena arena, MemorySegment bytes)
      throws JsonProcessingException {
    long size = bytes.byteSize();
    long length = size < LENGTH_BYTES ? -1 : bytes.get(LENGTH, 0);
    if (length < 2 || length > MOST_HEADER_BYTES || length > size - LENGTH_BYTES) {
      throw new KilnException(file + ": is no safetensors file, or is truncated");
    }
    byte[] json = bytes.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment data = bytes.asSlice(LENGTH_BYTES + length);
    Map<String, Map<String, Object>> header =
        Safetensors.JSON.readValue(
            new String(json, StandardCharsets.UTF_8), new TypeReference<>() {});
    requireThere(file, "it", header);
    var arrays = new LinkedHashMap<String, Stored>();
    var metadata = new LinkedHashMap<String, String>();
    header.forEach(
        (name, value) -> {
          requireThere(file, name, value);
          if (name.equals(Safetensors.METADATA)) {
            value.forEach((key, text) -> metadata.put(key, String.valueOf(text)));
          } else {
            arrays.put(name, stored(file, name, value, data.byteSize()));
          }
        });
    requireApart(file, arrays);
    return new SafetensorsFile(file, arena, data, arrays, metadata);
  }

  /** JSON has a null in any place. */
  private static void requireThere(Path file, String name, Object value) {
    if (value == null) {
      throw new KilnException("%s: damaged header: %s is null".formatted(file, name));
    }
  }

  private static Stored stored(Path file, String name, Map<String, Object> value, long available) {
    var entry = Safetensors.JSON.convertValue(value, Safetensors.Entry.class);
    if (entry.dtype() == null || entry.shape() == null || entry.data_offsets() == null) {
      throw new KilnException(file + ": damaged header: " + name + " lacks dtype, shape or place");
    }
    DType dtype = Safetensors.dtype(file, entry.dtype());
    long[] place = entry.data_offsets();
    long size = sizeOf(file, name, dtype, entry.shape());
    if (place.length != 2 || place[0] < 0 || place[1] - place[0] != size || place[1] > available) {
      throw new KilnException(
          "%s: %s of %,d bytes lies outside the file, which may be truncated"
              .formatted(file, name, size));
    }
    return new Stored(dtype, entry.shape(), place[0], place[1]);
  }

  private static long sizeOf(Path file, String name, DType dtype, long[] shape) {
    try {
      long size = dtype.bytes();
      for (long extent : shape) {
        if (extent < 0) {
          throw new ArithmeticException();
        }
        size = Math.multiplyExact(size, extent);
      }
      return size;
    } catch (ArithmeticException e) {
      throw new KilnException(
          "%s: damaged header: %s has the shape %s".formatted(file, name, Arrays.toString(shape)),
          e);
    }
  }

  private static void requireApart(Path file, Map<String, Stored> arrays) {
    var byPlace =
        arrays.entrySet().stream()
            .filter(named -> named.getValue().to > named.getValue().from)
            .sorted((a, b) -> Long.compare(a.getValue().from, b.getValue().from))
            .toList();
    for (int i = 1; i < byPlace.size(); i++) {
      if (byPlace.get(i).getValue().from < byPlace.get(i - 1).getValue().to) {
        throw new KilnException(
            "%s: damaged header: %s lies across %s"
                .formatted(file, byPlace.get(i - 1).getKey(), byPlace.get(i).getKey()));
      }
    }
  }

  public Path file() {
    return file;
  }

  /** The names of the arrays in the order of the header. */
  public Set<String> names() {
    return arrays.keySet();
  }

  /** The texts of the header. */
  public Map<String, String> metadata() {
    return metadata;
  }

  public DType dtype(String name) {
    return stored(name).dtype;
  }

  public long[] shape(String name) {
    return stored(name).shape.clone();
  }

  /** Copies an array to a device. */
  public NdArray read(String name, Device device) {
    Stored stored = stored(name);
    NdArray array = NdArray.empty(device, stored.dtype, stored.shape);
    array.buffer().copyFrom(bytes(name), 0);
    return array;
  }

  /**
   * Overwrites a contiguous array.
   *
   * @throws KilnException if dtype or shape differ
   */
  public void copyTo(String name, NdArray target) {
    Stored stored = stored(name);
    if (target.dtype() != stored.dtype || !Arrays.equals(target.shape(), stored.shape)) {
      throw new KilnException(
          "%s: %s is %s%s, but the model has %s%s"
              .formatted(
                  file,
                  name,
                  stored.dtype,
                  Arrays.toString(stored.shape),
                  target.dtype(),
                  Arrays.toString(target.shape())));
    }
    target.buffer().copyFrom(bytes(name), target.address() - target.buffer().address());
  }

  /** The bytes of an array, valid while the file is open. */
  MemorySegment bytes(String name) {
    Stored stored = stored(name);
    return data.asSlice(stored.from, stored.to - stored.from);
  }

  private Stored stored(String name) {
    Stored stored = arrays.get(name);
    if (stored == null) {
      throw new KilnException(file + ": there is no array '" + name + "'");
    }
    return stored;
  }

  @Override
  public void close() {
    arena.close();
  }
}
