package dev.kiln.compiler.gpu.memory;

import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;

/** Text in global memory, and the functions of the system that take it. */
final class DeviceText {
  private DeviceText() {}

  /** Declares {@code vprintf}, see the CUDA programming guide, "Formatted output". */
  static final String VPRINTF =
      """
      .extern .func (.param .b32 result) vprintf
      (
        .param .b64 format,
        .param .b64 arguments
      );
      """;

  /** Declares what C's {@code assert} calls in device code. */
  static final String ASSERTFAIL =
      """
      .extern .func __assertfail
      (
        .param .b64 message,
        .param .b64 file,
        .param .b32 line,
        .param .b64 function,
        .param .b64 charSize
      );
      """;

  /** A variable that holds a text in UTF-8, with the zero that ends it. */
  static String variable(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    var numbers = new StringJoiner(", ", "{", "}");
    for (byte b : bytes) {
      numbers.add(Integer.toString(b & 0xFF));
    }
    numbers.add("0");
    return ".global .align 1 .b8 %s[%d] = %s;\n".formatted(name, bytes.length + 1, numbers);
  }

  /** Instructions that put a variable's generic address into a register. */
  static String address(String register, String variable) {
    return "  mov.u64 %s, %s;\n  cvta.global.u64 %s, %s;\n"
        .formatted(register, variable, register, register);
  }
}
