package dev.kiln.runtime.cache;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PyTuple;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Python values and specialisations as bytes: equal ones give equal bytes, different ones different
 * bytes. 1, 1.0 and True differ.
 */
final class StoredValues {
  /** A value that has no such form, a function for one. What holds it is not cached. */
  static final class UnstorableException extends IOException {
    private static final long serialVersionUID = 1;

    UnstorableException(Object value) {
      super("cannot be stored: " + value.getClass().getSimpleName());
    }
  }

  private static final int POINTER = 'p';
  private static final int SCALAR = 's';
  private static final int CONSTANT = 'c';
  private static final int TUPLE = 't';
  private static final int DESCRIPTOR = 'd';

  private StoredValues() {}

  // No switches over types here: a new process takes 10 ms to make its first one ready.

  static void write(DataOutputStream out, Object value) throws IOException {
    if (value instanceof Long number) {
      out.writeByte('l');
      out.writeLong(number);
    } else if (value instanceof Boolean flag) {
      out.writeByte(flag ? 'T' : 'F');
    } else if (value instanceof DType dtype) {
      out.writeByte('d');
      out.writeUTF(dtype.name());
    } else if (value instanceof String text) {
      out.writeByte('s');
      writeText(out, text);
    } else if (value instanceof Double number) {
      out.writeByte('f');
      out.writeLong(Double.doubleToRawLongBits(number));
    } else if (value instanceof PyNone) {
      out.writeByte('n');
    } else if (value instanceof PyTuple tuple) {
      out.writeByte('t');
      writeNames(out, tuple.fieldNames());
      out.writeInt(tuple.items().size());
      for (Object item : tuple.items()) {
        write(out, item);
      }
    } else if (value instanceof BigInteger number) {
      out.writeByte('b');
      writeText(out, number.toString());
    } else {
      throw new UnstorableException(value);
    }
  }

  static Object read(DataInputStream in) throws IOException {
    int tag = in.readByte();
    return switch (tag) {
      case 'l' -> in.readLong();
      case 'f' -> Double.longBitsToDouble(in.readLong());
      case 'T' -> true;
      case 'F' -> false;
      case 's' -> readText(in);
      case 'n' -> PyNone.NONE;
      case 'd' -> DType.valueOf(in.readUTF());
      case 'b' -> new BigInteger(readText(in));
      case 't' -> {
        Optional<List<String>> names = readNames(in);
        int size = in.readInt();
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          items.add(read(in));
        }
        yield new PyTuple(items, names);
      }
      default -> throw new IOException("no value: " + tag);
    };
  }

  static void writeText(DataOutputStream out, String text) throws IOException {
    out.writeInt(text.length());
    out.writeChars(text);
  }

  static String readText(DataInputStream in) throws IOException {
    var text = new char[in.readInt()];
    for (int i = 0; i < text.length; i++) {
      text[i] = in.readChar();
    }
    return new String(text);
  }

  private static void writeNames(DataOutputStream out, Optional<List<String>> names)
      throws IOException {
    out.writeInt(names.isPresent() ? names.get().size() : -1);
    if (names.isPresent()) {
      for (String name : names.get()) {
        out.writeUTF(name);
      }
    }
  }

  private static Optional<List<String>> readNames(DataInputStream in) throws IOException {
    int size = in.readInt();
    if (size < 0) {
      return Optional.empty();
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      names.add(in.readUTF());
    }
    return Optional.of(names);
  }

  static void write(DataOutputStream out, Specialization specialization) throws IOException {
    write(out, specialization.options());
    write(out, specialization.arguments());
  }

  static void write(DataOutputStream out, CompileOptions options) throws IOException {
    out.writeInt(options.numWarps());
    out.writeInt(options.numStages());
    out.writeInt(options.numCtas());
    out.writeInt(options.maxRegisters());
    out.writeBoolean(options.fpFusion());
    out.writeBoolean(options.debug());
    out.writeBoolean(options.versioned());
  }

  private static void write(DataOutputStream out, List<ArgumentSpec> arguments) throws IOException {
    out.writeInt(arguments.size());
    for (ArgumentSpec argument : arguments) {
      write(out, argument);
    }
  }

  private static void write(DataOutputStream out, ArgumentSpec argument) throws IOException {
    if (argument instanceof ArgumentSpec.Pointer pointer) {
      out.writeByte(POINTER);
      out.writeUTF(pointer.pointee().name());
      out.writeBoolean(pointer.isConst());
      out.writeInt(pointer.divisibility());
    } else if (argument instanceof ArgumentSpec.Scalar scalar) {
      out.writeByte(SCALAR);
      out.writeUTF(scalar.dtype().name());
      out.writeInt(scalar.divisibility());
    } else if (argument instanceof ArgumentSpec.Constant constant) {
      out.writeByte(CONSTANT);
      write(out, constant.value());
    } else if (argument instanceof ArgumentSpec.Tuple tuple) {
      out.writeByte(TUPLE);
      writeNames(out, tuple.fieldNames());
      write(out, tuple.elements());
    } else if (argument instanceof ArgumentSpec.Descriptor descriptor) {
      out.writeByte(DESCRIPTOR);
      out.writeUTF(descriptor.dtype().name());
      out.writeInt(descriptor.blockShape().size());
      for (int extent : descriptor.blockShape()) {
        out.writeInt(extent);
      }
      out.writeBoolean(descriptor.padWithNan());
    } else {
      throw new UnstorableException(argument);
    }
  }
}
