package dev.kiln.tests.cuda.driver;

import dev.kiln.runtime.cuda.driver.CudaHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Names and descriptions of status codes, as texts of C. */
final class StatusTexts {
  /** The driver's own words, where tests show them; the others are made of the names. */
  private static final Map<String, String> WORDS =
      Map.of(
          "CUDA_SUCCESS", "no error",
          "CUDA_ERROR_INVALID_VALUE", "invalid argument",
          "CUDA_ERROR_OUT_OF_MEMORY", "out of memory",
          "CUDA_ERROR_INVALID_CONTEXT", "invalid device context",
          "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle",
          "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered",
          "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure",
          "CUDA_ERROR_ASSERT", "device-side assert triggered",
          "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed",
          "CUDA_ERROR_UNKNOWN", "unknown error");

  private record Text(MemorySegment name, MemorySegment words) {}

  private static final Map<Integer, Text> TEXTS = read();

  private StatusTexts() {}

  private static Map<Integer, Text> read() {
    Map<Integer, Text> texts = new TreeMap<>();
    for (Method method : CudaHeader.class.getMethods()) {
      String name = method.getName();
      if (method.getParameterCount() == 0
          && (name.equals("CUDA_SUCCESS") || name.startsWith("CUDA_ERROR_"))) {
        texts.put(number(method), text(name));
      }
    }
    return texts;
  }

  private static int number(Method method) {
    try {
      return (int) method.invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Text text(String name) {
    String words =
        WORDS.getOrDefault(
            name, name.replace("CUDA_ERROR_", "").replace('_', ' ').toLowerCase(Locale.ROOT));
    return new Text(Arena.global().allocateFrom(name), Arena.global().allocateFrom(words));
  }

  /** Address of a name; 0 for a number that is none. */
  static long name(int status) {
    Text text = TEXTS.get(status);
    return text == null ? 0 : text.name.address();
  }

  /** Address of a description; 0 for a number that is none. */
  static long words(int status) {
    Text text = TEXTS.get(status);
    return text == null ? 0 : text.words.address();
  }

  /** A name for messages. */
  static String label(int status) {
    Text text = TEXTS.get(status);
    return text == null ? "status " + status : text.name.getString(0);
  }
}
