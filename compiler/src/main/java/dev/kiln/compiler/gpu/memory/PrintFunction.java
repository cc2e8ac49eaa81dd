package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.Collections;

/**
 * Text of a function of the module that prints one element.
 *
 * @param conversion of the value, in the language of {@code printf}; it has 64 bits
 */
record PrintFunction(Shape shape, DType dtype, boolean isFloat, String conversion) {
  /**
   * Declares the function.
   *
   * @param label what stands before the value
   * @param hasElement whether index and value are shown
   * @return its name; it takes the index, {@code .b32}, and the value, {@code .b64}
   */
  String declare(Emission emission, String label, boolean hasElement) {
    String format = format(label, hasElement);
    String name = "kiln_print_" + Integer.toHexString((format + shape + isFloat).hashCode());
    var text = new StringBuilder(DeviceText.variable(name + "_format", format));
    text.append(".func ").append(name).append("(.param .b32 index, .param .b64 value)\n{\n");
    text.append("  .local .align 8 .b8 arguments[")
        .append(16 + 4 * shape.rank() + 12)
        .append("];\n");
    text.append("  .reg .b32 %r<4>;\n  .reg .b64 %d<4>;\n  .reg .pred %p<2>;\n");
    int offset = 0;
    for (String axis : new String[] {"x", "y", "z"}) {
      text.append("  mov.u32 %r1, %ctaid.").append(axis).append(";\n");
      text.append("  st.local.b32 [arguments+").append(offset).append("], %r1;\n");
      offset += 4;
    }
    if (hasElement) {
      offset = coordinates(text, offset);
      value(text, offset + 7 & -8);
    }
    text.append("  mov.u64 %d2, arguments;\n  cvta.local.u64 %d2, %d2;\n");
    text.append(DeviceText.address("%d3", name + "_format"));
    text.append(
        """
          {
            .param .b64 format;
            .param .b64 values;
            .param .b32 result;
            st.param.b64 [format], %d3;
            st.param.b64 [values], %d2;
            call.uni (result), vprintf, (format, values);
          }
          ret;
        }
        """);
    emission.helper(text.toString());
    return name;
  }

  private String format(String label, boolean hasElement) {
    String escaped = label.replace("%", "%%");
    String program = "pid (%d, %d, %d) ";
    if (!hasElement) {
      return program + escaped + "\n";
    }
    String index = String.join(", ", Collections.nCopies(shape.rank(), "%d"));
    return program + "idx (" + index + ") " + escaped + conversion + "\n";
  }

  private int coordinates(StringBuilder text, int start) {
    int offset = start;
    int[] strides = shape.rowMajorStrides();
    text.append("  ld.param.b32 %r1, [index];\n");
    for (int axis = 0; axis < shape.rank(); axis++) {
      int shift = Integer.numberOfTrailingZeros(strides[axis]);
      text.append("  shr.u32 %r2, %r1, ").append(shift).append(";\n");
      text.append("  and.b32 %r2, %r2, ").append(shape.dim(axis) - 1).append(";\n");
      text.append("  st.local.b32 [arguments+").append(offset).append("], %r2;\n");
      offset += 4;
    }
    return offset;
  }

  private void value(StringBuilder text, int offset) {
    text.append("  ld.param.b64 %d1, [value];\n");
    if (isFloat) {
      // NaN is shown without a sign.
      text.append("  setp.nan.f64 %p1, %d1, %d1;\n");
      text.append("  selp.b64 %d1, 0x7FF8000000000000, %d1, %p1;\n");
    }
    text.append("  st.local.b64 [arguments+").append(offset).append("], %d1;\n");
  }
}
