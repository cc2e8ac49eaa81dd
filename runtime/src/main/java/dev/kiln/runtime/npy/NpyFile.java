package dev.kiln.runtime.npy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads and writes {@code .npy} files. Source: NumPy's documentation of the format, {@code
 * numpy.lib.format}.
 */
public final class NpyFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int HEADER_ALIGNMENT = 64;

  private static final Map<String, DType> DTYPES =
      Map.ofEntries(
          Map.entry("b1", DType.I1),
          Map.entry("i1", DType.I8),
          Map.entry("i2", DType.I16),
          Map.entry("i4", DType.I32),
          Map.entry("i8", DType.I64),
          Map.entry("u1", DType.U8),
          Map.entry("u2", DType.U16),
          Map.entry("u4", DType.U32),
          Map.entry("u8", DType.U64),
          Map.entry("f2", DType.FP16),
          Map.entry("f4", DType.FP32),
          Map.entry("f8", DType.FP64));

  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([<>|=])(\\w+)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");

  private NpyFile() {}

  /**
   * Reads a whole file.
   *
   * @throws KilnException if it cannot be read, is no npy file, is cut short, or holds a dtype that
   *     kernels do not have
   */
  public static NpyArray read(Path file) {
    if (Files.isDirectory(file)) {
      throw new KilnException(file + " is a folder, not a .npy file");
    }
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new KilnException("no such file: " + file);
    } catch (IOException e) {
      throw new KilnException("cannot read " + file + ": " + e.getMessage(), e);
    }
    try {
      return parse(bytes);
    } catch (KilnException e) {
      throw new KilnException(file + ": " + e.getMessage());
    }
  }

  static NpyArray parse(byte[] bytes) {
    if (bytes.length < 10 || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new KilnException("is no .npy file");
    }
    var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int major = bytes[6];
    long headerLength =
        major == 1
            ? buffer.getShort(8) & 0xFFFF
            : bytes.length < 12 ? Long.MAX_VALUE : buffer.getInt(8) & 0xFFFF_FFFFL;
    int headerStart = major == 1 ? 10 : 12;
    if (headerLength > bytes.length - headerStart) {
      throw new KilnException("is cut short within its header");
    }
    int dataStart = headerStart + (int) headerLength;
    String header = new String(bytes, headerStart, (int) headerLength, StandardCharsets.UTF_8);
    Matcher descr = find(DESCR, header, "dtype");
    DType dtype = DTYPES.get(descr.group(2));
    if (dtype == null) {
      throw new KilnException("holds dtype '" + descr.group(2) + "', which kernels do not have");
    }
    long[] shape = shape(find(SHAPE, header, "shape").group(1));
    NpyArray array = new NpyArray(dtype, shape, Arrays.copyOfRange(bytes, dataStart, bytes.length));
    long wanted = checkedBytes(array);
    if (array.data().length < wanted) {
      throw new KilnException(
          "is cut short: %,d bytes of data, %,d wanted".formatted(array.data().length, wanted));
    }
    byte[] data = Arrays.copyOf(array.data(), (int) wanted);
    if (descr.group(1).equals(">")) {
      swapBytes(data, dtype.bytes());
    }
    boolean fortran = find(ORDER, header, "fortran_order").group(1).equals("True");
    return new NpyArray(dtype, shape, fortran ? rowMajor(data, shape, dtype.bytes()) : data);
  }

  /**
   * Writes a file, which appears whole or not at all; its folder is made if it is missing. fp8 and
   * bf16, which npy does not have, must have been widened.
   *
   * @throws KilnException if it cannot be written, or npy has no such dtype
   */
  public static void write(Path file, NpyArray array) {
    byte[] bytes = encode(array);
    AtomicFile.write(file, out -> out.write(bytes));
  }

  static byte[] encode(NpyArray array) {
    String code =
        DTYPES.entrySet().stream()
            .filter(entry -> entry.getValue() == array.dtype())
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(() -> new KilnException("npy has no dtype " + array.dtype()));
    String shape =
        Arrays.stream(array.shape()).mapToObj(d -> d + ",").collect(Collectors.joining(" "));
    String header =
        "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }"
            .formatted(array.dtype().bytes() == 1 ? "|" : "<", code, shape);
    int total =
        (10 + header.length() + 1 + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    header += " ".repeat(total - 10 - header.length() - 1) + "\n";
    var buffer = ByteBuffer.allocate(total + array.data().length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) header.length());
    buffer.put(header.getBytes(StandardCharsets.ISO_8859_1)).put(array.data());
    return buffer.array();
  }

  private static Matcher find(Pattern pattern, String header, String what) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new KilnException(
          "has a header without a plain " + what + " (structured dtypes are not read)");
    }
    return matcher;
  }

  private static long[] shape(String text) {
    try {
      return Arrays.stream(text.split(","))
          .map(String::strip)
          .filter(s -> !s.isEmpty())
          .mapToLong(Long::parseLong)
          .toArray();
    } catch (NumberFormatException e) {
      throw new KilnException("has the shape (" + text + "), which is none");
    }
  }

  private static long checkedBytes(NpyArray array) {
    try {
      long n = array.dtype().bytes();
      for (long d : array.shape()) {
        if (d < 0) {
          throw new KilnException("has a negative extent in its shape");
        }
        n = Math.multiplyExact(n, d);
      }
      return n;
    } catch (ArithmeticException e) {
      throw new KilnException("has a shape beyond all memory");
    }
  }

  private static void swapBytes(byte[] data, int width) {
    for (int at = 0; at < data.length; at += width) {
      for (int i = 0; i < width / 2; i++) {
        byte b = data[at + i];
        data[at + i] = data[at + width - 1 - i];
        data[at + width - 1 - i] = b;
      }
    }
  }

  private static byte[] rowMajor(byte[] columnMajor, long[] shape, int width) {
    byte[] rows = new byte[columnMajor.length];
    long[] index = new long[shape.length];
    for (int at = 0; at < rows.length; at += width) {
      long element = 0;
      for (int d = shape.length - 1; d >= 0; d--) {
        element = element * shape[d] + index[d];
      }
      System.arraycopy(columnMajor, Math.toIntExact(element * width), rows, at, width);
      for (int d = index.length - 1; d >= 0 && ++index[d] == shape[d]; d--) {
        index[d] = 0;
      }
    }
    return rows;
  }
}
