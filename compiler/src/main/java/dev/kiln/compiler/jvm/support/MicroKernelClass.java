package dev.kiln.compiler.jvm.support;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.jvm.support.MicroKernel.Form;
import dev.kiln.generated.KernelClasses;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes the class of a {@link MicroKernel}: one method for each tile shape and form of {@code a},
 * whose accumulators are local variables. Generated because the JIT wants every species, number of
 * rows and distance of columns to be a constant.
 */
final class MicroKernelClass {
  private static final String VECTORS = "jdk.incubator.vector.";
  private static final ClassDesc VECTOR = ClassDesc.of(VECTORS + "Vector");
  private static final ClassDesc SPECIES = ClassDesc.of(VECTORS + "VectorSpecies");
  private static final ClassDesc SHUFFLE = ClassDesc.of(VECTORS + "VectorShuffle");
  private static final ClassDesc MASK = ClassDesc.of(VECTORS + "VectorMask");
  private static final ClassDesc OPERATORS = ClassDesc.of(VECTORS + "VectorOperators");
  private static final ClassDesc MEMORY = ClassDesc.of("java.lang.foreign.MemorySegment");
  private static final ClassDesc LAYOUT = ClassDesc.of("java.lang.foreign.ValueLayout");
  private static final ClassDesc LONG_VECTOR = ClassDesc.of(VECTORS + "LongVector");
  private static final ClassDesc NATIVE_MEMORY =
      NativeMemory.class.describeConstable().orElseThrow();
  private static final ClassDesc BYTE_ORDER = ClassDesc.of("java.nio.ByteOrder");
  private static final ClassDesc BASE = MicroKernel.class.describeConstable().orElseThrow();

  /**
   * Tile heights. More rows would fill the registers better, but the JIT then has more nodes than
   * it inlines scalar reads into (18,000): with twelve mostly, with eight at random, and the loop
   * is five times as slow. Six feed the multipliers, too.
   */
  private static final int[] ROWS_OF_32_REGISTERS = {6, 4, 2, 1};

  private static final int[] ROWS_OF_16_REGISTERS = {6, 4, 2, 1};

  /** Integers take two operations where floats take one. */
  private static final int[] ROWS_OF_INTEGERS = {4, 2, 1};

  private static final MethodTypeDesc TILE =
      MethodTypeDesc.of(
          CD_void, MEMORY, CD_long, CD_long, CD_long, CD_long, CD_long, CD_long, CD_int);
  private static final MethodTypeDesc RUN =
      MethodTypeDesc.of(
          CD_void, MEMORY, CD_int, CD_long, CD_long, CD_long, CD_long, CD_long, CD_long, CD_int,
          CD_int, CD_int);

  // Parameters of a tile's method.
  private static final int A = 1;
  private static final int PITCH = 3;
  private static final int B = 5;
  private static final int INDEX = 7;
  private static final int C = 9;
  private static final int ROW_BYTES = 11;
  private static final int DEPTH = 13;

  private final ClassDesc self;
  private final ClassDesc vector;
  private final ClassDesc scalar;
  private final ClassDesc layout;
  private final String layoutName;
  private final String species;
  private final int bytes;
  private final int lanes;
  private final boolean isInteger;
  private final int[] rows;

  private MicroKernelClass(int bits, DType dtype) {
    String name =
        switch (dtype) {
          case FP32 -> "Float";
          case FP64 -> "Double";
          case I32 -> "Int";
          default -> throw new IllegalArgumentException("no matrix product of " + dtype);
        };
    this.self = ClassDesc.of("dev.kiln.generated.MatMul" + name + bits);
    this.vector = ClassDesc.of(VECTORS + name + "Vector");
    this.scalar =
        switch (dtype) {
          case FP32 -> ConstantDescs.CD_float;
          case FP64 -> ConstantDescs.CD_double;
          default -> CD_int;
        };
    this.layout = LAYOUT.nested("Of" + name);
    this.layoutName = "JAVA_" + name.toUpperCase(Locale.ROOT);
    this.species = "SPECIES_" + bits;
    this.bytes = dtype.bytes();
    this.lanes = bits / 8 / bytes;
    this.isInteger = dtype == DType.I32;
    int[] floatRows = bits == 512 ? ROWS_OF_32_REGISTERS : ROWS_OF_16_REGISTERS;
    this.rows = isInteger ? ROWS_OF_INTEGERS : floatRows;
  }

  static MicroKernel define(int bits, DType dtype) {
    try {
      MethodHandles.Lookup hidden =
          KernelClasses.lookup().defineHiddenClass(new MicroKernelClass(bits, dtype).build(), true);
      return (MicroKernel)
          hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class)).invoke();
    } catch (Throwable e) {
      throw new IllegalStateException("the matrix product of " + dtype + " cannot be defined", e);
    }
  }

  private byte[] build() {
    return ClassFile.of()
        .build(
            self,
            builder -> {
              builder.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
              builder.withSuperclass(BASE);
              builder.withMethodBody(
                  ConstantDescs.INIT_NAME,
                  ConstantDescs.MTD_void,
                  ClassFile.ACC_PUBLIC,
                  code ->
                      code.aload(0)
                          .invokespecial(BASE, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                          .return_());
              constant(builder, "lanes", lanes);
              constant(builder, "maxRows", rows[0]);
              nextRows(builder);
              dispatch(builder);
              transpose(builder);
              for (Form form : Form.values()) {
                for (int r : rows) {
                  tile(builder, r, 1, form);
                  tile(builder, r, 2, form);
                }
              }
            });
  }

  private static void constant(ClassBuilder builder, String name, int value) {
    builder.withMethodBody(
        name,
        MethodTypeDesc.of(CD_int),
        ClassFile.ACC_PUBLIC,
        code -> code.loadConstant(value).ireturn());
  }

  private void nextRows(ClassBuilder builder) {
    builder.withMethodBody(
        "nextRows",
        MethodTypeDesc.of(CD_int, CD_int),
        ClassFile.ACC_PUBLIC,
        code -> {
          for (int r : rows) {
            Label smaller = code.newLabel();
            code.iload(1).loadConstant(r).if_icmplt(smaller);
            code.loadConstant(r).ireturn();
            code.labelBinding(smaller);
          }
          code.loadConstant(1).ireturn();
        });
  }

  private void dispatch(ClassBuilder builder) {
    builder.withMethodBody(
        "run",
        RUN,
        ClassFile.ACC_PUBLIC,
        code -> {
          int form = code.parameterSlot(1);
          int depth = code.parameterSlot(8);
          int height = code.parameterSlot(9);
          int width = code.parameterSlot(10);
          for (Form f : Form.values()) {
            Label otherForm = code.newLabel();
            code.iload(form).loadConstant(f.ordinal()).if_icmpne(otherForm);
            for (int r : rows) {
              for (int v = 2; v >= 1; v--) {
                Label other = code.newLabel();
                code.iload(height).loadConstant(r).if_icmpne(other);
                code.iload(width).loadConstant(v).if_icmpne(other);
                code.aload(1);
                for (int p = 2; p <= 7; p++) {
                  code.lload(code.parameterSlot(p));
                }
                code.iload(depth).invokestatic(self, tileName(r, v, f), TILE).return_();
                code.labelBinding(other);
              }
            }
            code.labelBinding(otherForm);
          }
          code.return_();
        });
  }

  private static final MethodTypeDesc TRANSPOSE =
      MethodTypeDesc.of(CD_void, MEMORY, CD_long, CD_long, CD_long, CD_long);

  private void transpose(ClassBuilder builder) {
    if (bytes == Integer.BYTES) {
      for (int step = 1; step < lanes; step *= 2) {
        constantField(builder, "UP_" + step, SHUFFLE);
        constantField(builder, "DOWN_" + step, SHUFFLE);
        constantField(builder, "ODD_" + step, MASK);
      }
      builder.withMethodBody(
          ConstantDescs.CLASS_INIT_NAME,
          ConstantDescs.MTD_void,
          ClassFile.ACC_STATIC,
          this::initializeShuffles);
    }
    builder.withMethodBody(
        "transpose",
        TRANSPOSE,
        ClassFile.ACC_PUBLIC,
        code -> {
          if (bytes == Integer.BYTES) {
            transpose(code);
          }
          code.return_();
        });
  }

  private static void constantField(ClassBuilder builder, String name, ClassDesc type) {
    builder.withField(
        name, type, ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
  }

  private void initializeShuffles(CodeBuilder code) {
    for (int step = 1; step < lanes; step *= 2) {
      shuffle(code, "UP_" + step, lanes - step);
      shuffle(code, "DOWN_" + step, step);
      long odd = 0;
      for (int lane = 0; lane < lanes; lane++) {
        odd |= (lane & step) != 0 ? 1L << lane : 0;
      }
      pushSpecies(code);
      code.loadConstant(odd);
      code.invokestatic(MASK, "fromLong", MethodTypeDesc.of(MASK, SPECIES, CD_long));
      code.putstatic(self, "ODD_" + step, MASK);
    }
    code.return_();
  }

  private void shuffle(CodeBuilder code, String name, int start) {
    pushSpecies(code);
    code.loadConstant(start).loadConstant(1).loadConstant(1);
    code.invokestatic(
        SHUFFLE,
        "iota",
        MethodTypeDesc.of(SHUFFLE, SPECIES, CD_int, CD_int, ConstantDescs.CD_boolean));
    code.putstatic(self, name, SHUFFLE);
  }

  /**
   * Exchanges, for each bit of the lane number, the lanes that have it in one line with those that
   * have it not in the line so far below.
   */
  private void transpose(CodeBuilder code) {
    tellClassOfMemory(code, 1, 1);
    int from = 2;
    int fromLine = 4;
    int to = 6;
    int toLine = 8;
    int[] lines = new int[lanes];
    for (int i = 0; i < lanes; i++) {
      long line = i;
      loadVector(code, 1, () -> code.lload(from).lload(fromLine).loadConstant(line).lmul().ladd());
      lines[i] = code.allocateLocal(TypeKind.REFERENCE);
      code.astore(lines[i]);
    }
    for (int step = 1; step < lanes; step *= 2) {
      for (int i = 0; i < lanes; i++) {
        if ((i & step) == 0) {
          exchange(code, lines[i], lines[i + step], step);
        }
      }
    }
    for (int i = 0; i < lanes; i++) {
      long line = i;
      code.aload(lines[i]);
      storeVector(code, 1, () -> code.lload(to).lload(toLine).loadConstant(line).lmul().ladd());
    }
  }

  private void exchange(CodeBuilder code, int even, int odd, int step) {
    code.aload(even);
    code.aload(odd).getstatic(self, "UP_" + step, SHUFFLE);
    rearrange(code);
    blend(code, step);
    code.aload(even).getstatic(self, "DOWN_" + step, SHUFFLE);
    rearrange(code);
    code.aload(odd);
    blend(code, step);
    code.astore(odd);
    code.astore(even);
  }

  private void rearrange(CodeBuilder code) {
    code.invokevirtual(vector, "rearrange", MethodTypeDesc.of(vector, SHUFFLE));
  }

  private void blend(CodeBuilder code, int step) {
    code.getstatic(self, "ODD_" + step, MASK);
    code.invokevirtual(vector, "blend", MethodTypeDesc.of(vector, VECTOR, MASK));
  }

  private static String tileName(int rows, int vectors, Form form) {
    return "tile" + rows + "x" + vectors + "of" + form.name().toLowerCase(Locale.ROOT);
  }

  private void tile(ClassBuilder builder, int height, int width, Form form) {
    builder.withMethodBody(
        tileName(height, width, form),
        TILE,
        ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
        code -> tile(code, height, width, form));
  }

  /** A row of a: a local variable that holds an offset, and what to add. */
  private record Row(int base, long offset) {}

  /** The rows where they start. */
  private List<Row> left(CodeBuilder code, int height, Form form) {
    var rows = new ArrayList<Row>();
    for (int i = 0; i < height; i++) {
      long row = i;
      switch (form) {
        case LONG_ROWS -> {
          long pitch = MicroKernel.pitch(MicroKernel.DEPTH);
          rows.add(new Row(A, row * pitch * bytes));
        }
        case COLUMNS -> rows.add(new Row(A, row * bytes));
        case SHORT_ROWS, UNPACKED_RIGHT -> {
          int base = code.allocateLocal(TypeKind.LONG);
          code.lload(A).lload(PITCH).loadConstant(row).lmul().ladd().lstore(base);
          rows.add(new Row(base, 0));
        }
      }
    }
    return rows;
  }

  /** See {@link NativeMemory}. */
  private static void tellClassOfMemory(CodeBuilder code, int memory, int known) {
    code.getstatic(NATIVE_MEMORY, "CLASS", ConstantDescs.CD_Class).aload(memory);
    cast(code);
    code.checkcast(MEMORY).astore(known);
  }

  /** Casts the object on the stack to the class below it. */
  private static void cast(CodeBuilder code) {
    code.invokevirtual(
        ConstantDescs.CD_Class,
        "cast",
        MethodTypeDesc.of(ConstantDescs.CD_Object, ConstantDescs.CD_Object));
  }

  private void tile(CodeBuilder code, int height, int width, Form form) {
    tellClassOfMemory(code, 0, 0);
    int[][] sums = new int[height][width];
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        sums[i][j] = code.allocateLocal(TypeKind.REFERENCE);
        int row = i;
        int column = j;
        loadVector(code, 0, () -> pushTile(code, row, column));
        code.astore(sums[i][j]);
      }
    }
    List<Row> left = left(code, height, form);
    int l = code.allocateLocal(TypeKind.INT);
    int memory = code.allocateLocal(TypeKind.REFERENCE);
    Label top = code.newLabel();
    Label exit = code.newLabel();
    code.loadConstant(0).istore(l);
    code.labelBinding(top);
    code.iload(l).iload(DEPTH).if_icmpge(exit);
    // Again, for the JIT may compile the loop from here.
    tellClassOfMemory(code, 0, memory);
    long along = form == Form.COLUMNS ? (long) MicroKernel.PANEL_ROWS * bytes : bytes;
    step(code, memory, l, left, along, right(code, memory, l, width, form), sums);
    code.iinc(l, 1).goto_(top);
    code.labelBinding(exit);
    tellClassOfMemory(code, 0, memory);
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        int row = i;
        int column = j;
        code.aload(sums[i][j]);
        storeVector(code, memory, () -> pushTile(code, row, column));
      }
    }
    code.return_();
  }

  /** Loads the vectors of row l of b. */
  private List<Integer> right(CodeBuilder code, int memory, int l, int width, Form form) {
    int row = form == Form.UNPACKED_RIGHT ? code.allocateLocal(TypeKind.LONG) : -1;
    if (row >= 0) {
      code.lload(B);
      pushIndex(code, memory, l);
      code.ladd().lstore(row);
    }
    var right = new ArrayList<Integer>();
    for (int j = 0; j < width; j++) {
      long at = (long) j * lanes * bytes;
      Runnable pushOffset =
          row >= 0
              ? () -> code.lload(row).loadConstant(at).ladd()
              : () -> pushScaled(code, B, l, (long) width * lanes * bytes, at);
      loadVector(code, memory, pushOffset);
      right.add(code.allocateLocal(TypeKind.REFERENCE));
      code.astore(right.get(j));
    }
    return right;
  }

  /**
   * Pushes what the index says, by way of a vector: the JIT may take a scalar read for rare and
   * call a method, and then all accumulators go to memory and back.
   */
  private static void pushIndex(CodeBuilder code, int memory, int l) {
    code.getstatic(LONG_VECTOR, "SPECIES_128", SPECIES).aload(memory);
    pushScaled(code, INDEX, l, Long.BYTES, 0);
    code.getstatic(BYTE_ORDER, "LITTLE_ENDIAN", BYTE_ORDER);
    code.invokestatic(
        LONG_VECTOR,
        "fromMemorySegment",
        MethodTypeDesc.of(LONG_VECTOR, SPECIES, MEMORY, CD_long, BYTE_ORDER));
    code.loadConstant(0);
    code.invokevirtual(LONG_VECTOR, "lane", MethodTypeDesc.of(CD_long, CD_int));
  }

  private void step(
      CodeBuilder code,
      int memory,
      int l,
      List<Row> rows,
      long along,
      List<Integer> right,
      int[][] sums) {
    int width = sums[0].length;
    for (int i = 0; i < sums.length; i++) {
      pushSpecies(code);
      code.aload(memory).getstatic(LAYOUT, layoutName, layout);
      pushScaled(code, rows.get(i).base(), l, along, rows.get(i).offset());
      code.invokeinterface(MEMORY, "get", MethodTypeDesc.of(scalar, layout, CD_long));
      code.invokestatic(vector, "broadcast", MethodTypeDesc.of(vector, SPECIES, scalar));
      int left = code.allocateLocal(TypeKind.REFERENCE);
      code.astore(left);
      for (int j = 0; j < width; j++) {
        multiplyAdd(code, left, right.get(j), sums[i][j]);
      }
    }
  }

  /**
   * The factors are the receivers, since the JIT does not know the class of what a loop changes.
   */
  private void multiplyAdd(CodeBuilder code, int left, int right, int sum) {
    code.aload(left);
    if (isInteger) {
      binary(code, "MUL", right);
      binary(code, "ADD", sum);
    } else {
      code.getstatic(OPERATORS, "FMA", OPERATORS.nested("Ternary"));
      code.aload(right).aload(sum);
      code.invokevirtual(
          vector,
          "lanewise",
          MethodTypeDesc.of(vector, OPERATORS.nested("Ternary"), VECTOR, VECTOR));
    }
    code.astore(sum);
  }

  private void binary(CodeBuilder code, String operator, int right) {
    code.getstatic(OPERATORS, operator, OPERATORS.nested("Associative")).aload(right);
    code.invokevirtual(
        vector, "lanewise", MethodTypeDesc.of(vector, OPERATORS.nested("Binary"), VECTOR));
  }

  private void pushSpecies(CodeBuilder code) {
    code.getstatic(vector, species, SPECIES);
  }

  private void pushTile(CodeBuilder code, int row, int column) {
    code.lload(C).lload(ROW_BYTES).loadConstant((long) row).lmul().ladd();
    code.loadConstant((long) column * lanes * bytes).ladd();
  }

  private static void pushScaled(CodeBuilder code, int base, int l, long scale, long offset) {
    code.lload(base).iload(l).i2l().loadConstant(scale).lmul().ladd();
    if (offset != 0) {
      code.loadConstant(offset).ladd();
    }
  }

  private void loadVector(CodeBuilder code, int memory, Runnable pushOffset) {
    pushSpecies(code);
    code.aload(memory);
    pushOffset.run();
    code.getstatic(BYTE_ORDER, "LITTLE_ENDIAN", BYTE_ORDER);
    code.invokestatic(
        vector,
        "fromMemorySegment",
        MethodTypeDesc.of(vector, SPECIES, MEMORY, CD_long, BYTE_ORDER));
  }

  /** Stores the vector on the stack, whose class the JIT does not know after a loop. */
  private void storeVector(CodeBuilder code, int memory, Runnable pushOffset) {
    pushSpecies(code);
    code.invokeinterface(SPECIES, "vectorType", MethodTypeDesc.of(ConstantDescs.CD_Class));
    code.swap();
    cast(code);
    code.checkcast(vector);
    code.aload(memory);
    pushOffset.run();
    code.getstatic(BYTE_ORDER, "LITTLE_ENDIAN", BYTE_ORDER);
    code.invokevirtual(
        vector, "intoMemorySegment", MethodTypeDesc.of(CD_void, MEMORY, CD_long, BYTE_ORDER));
  }
}
