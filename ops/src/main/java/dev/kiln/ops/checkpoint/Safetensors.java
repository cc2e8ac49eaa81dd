package dev.kiln.ops.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The safetensors format: the length of the header as a little-endian 64-bit number, a JSON header
 * with dtype, shape and place of each array, then the arrays' bytes. See
 * https://github.com/huggingface/safetensors.
 */
public final class Safetensors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String METADATA = "__metadata__";

  /** Arrays start at a multiple of this, so that they can be mapped and used in place. */
  private static final int ALIGNMENT = 8;

  private static final int MOST_HEADER_BYTES = 100_000_000;

  private Safetensors() {}

  /** An array's entry in the header. */
  private record Entry(String dtype, long[] shape, long[] data_offsets) {}

  /**
   * Writes arrays in their order, through a temporary file beside it, so that the file is never
   * seen half written.
   *
   * @param metadata texts that are stored in the header
   * @throws KilnException if the file cannot be written, or has no code for a dtype
   */
  public static void write(Path file, Map<String, NdArray> arrays, Map<String, String> metadata) {
    AtomicFile.write(file, out -> write(out, arrays, metadata));
  }

  private static void write(
      OutputStream stream, Map<String, NdArray> arrays, Map<String, String> metadata)
      throws IOException {
    var out = new DataOutputStream(stream);
    byte[] header = header(arrays, metadata);
    out.writeLong(Long.reverseBytes(header.length));
    out.write(header);
    for (NdArray array : arrays.values()) {
      out.write(array.toBytes());
    }
    out.flush();
  }

  private static byte[] header(Map<String, NdArray> arrays, Map<String, String> metadata)
      throws JsonProcessingException {
    var header = new LinkedHashMap<String, Object>();
    if (!metadata.isEmpty()) {
      header.put(METADATA, metadata);
    }
    long offset = 0;
    for (var named : arrays.entrySet()) {
      NdArray array = named.getValue();
      long end = offset + array.size() * array.dtype().bytes();
      header.put(
          named.getKey(), new Entry(code(array.dtype()), array.shape(), new long[] {offset, end}));
      offset = end;
    }
    byte[] json = JSON.writeValueAsBytes(header);
    int length = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] padded = Arrays.copyOf(json, length);
    Arrays.fill(padded, json.length, length, (byte) ' ');
    return padded;
  }

  /**
   * Reads all arrays to a device.
   *
   * @throws KilnException if the file cannot be read or is damaged
   */
  public static Map<String, NdArray> read(Path file, Device device) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      var arrays = new LinkedHashMap<String, NdArray>();
      int data = 8 + headerLength(file, bytes);
      String json = new String(bytes, 8, data - 8, StandardCharsets.UTF_8);
      Map<String, Map<String, Object>> header = JSON.readValue(json, new TypeReference<>() {});
      for (var entry : header.entrySet()) {
        if (!entry.getKey().equals(METADATA)) {
          arrays.put(
              entry.getKey(),
              array(file, device, JSON.convertValue(entry.getValue(), Entry.class), bytes, data));
        }
      }
      return arrays;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new KilnException(file + ": damaged header: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static int headerLength(Path file, byte[] bytes) {
    long length =
        bytes.length < 8 ? -1 : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > MOST_HEADER_BYTES || length > bytes.length - 8) {
      throw new KilnException(file + ": is no safetensors file, or is truncated");
    }
    return (int) length;
  }

  private static NdArray array(Path file, Device device, Entry entry, byte[] bytes, int data) {
    DType dtype = dtype(file, entry.dtype());
    long size = dtype.bytes() * Arrays.stream(entry.shape()).reduce(1, Math::multiplyExact);
    long from = entry.data_offsets()[0];
    if (from < 0
        || entry.data_offsets()[1] - from != size
        || entry.data_offsets()[1] > bytes.length - data) {
      throw new KilnException(file + ": an array lies outside the file, which may be truncated");
    }
    NdArray array = NdArray.empty(device, dtype, entry.shape());
    array.buffer().copyFrom(MemorySegment.ofArray(bytes).asSlice(data + from, size), 0);
    return array;
  }

  private static String code(DType dtype) {
    return switch (dtype) {
      case I1 -> "BOOL";
      case FP8E5 -> "F8_E5M2";
      case FP8E4NV -> "F8_E4M3";
      case BF16 -> "BF16";
      case FP16 -> "F16";
      case FP32 -> "F32";
      case FP64 -> "F64";
      case I8, I16, I32, I64, U8, U16, U32, U64 -> dtype.shortName().toUpperCase(Locale.ROOT);
      case FP8E4B15, FP8E4B8, FP8E5B16 -> throw new KilnException("safetensors has no " + dtype);
    };
  }

  private static DType dtype(Path file, String code) {
    for (DType dtype : List.of(DType.values())) {
      boolean known = dtype != DType.FP8E4B15 && dtype != DType.FP8E4B8 && dtype != DType.FP8E5B16;
      if (known && code(dtype).equals(code)) {
        return dtype;
      }
    }
    throw new KilnException(file + ": unknown dtype " + code);
  }
}
