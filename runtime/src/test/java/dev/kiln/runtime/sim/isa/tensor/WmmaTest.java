package dev.kiln.runtime.sim.isa.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WmmaTest {
  /**
   * Matrices that are loaded, multiplied and stored.
   *
   * @param layouts of A, B, C and D, "r" or "c" each
   * @param ofA number of registers
   */
  record Form(
      int m,
      int n,
      int k,
      String a,
      String b,
      String c,
      String d,
      String layouts,
      int ofA,
      int ofB) {
    String shape() {
      return "m" + m + "n" + n + "k" + k;
    }

    String layout(int i) {
      return layouts.charAt(i) == 'r' ? "row" : "col";
    }
  }

  static Stream<Form> forms() {
    List<Form> forms = new ArrayList<>();
    int[][] shapes = {{16, 16, 16}, {32, 8, 16}, {8, 32, 16}};
    for (String layouts : List.of("rrrr", "rcrr", "crcr", "ccrc")) {
      for (int[] s : shapes) {
        for (String sums : List.of("f16,f16", "f32,f32", "f16,f32", "f32,f16")) {
          String[] cd = sums.split(",");
          forms.add(new Form(s[0], s[1], s[2], "f16", "f16", cd[0], cd[1], layouts, 8, 8));
        }
        int ofA = s[0] / 4;
        int ofB = s[1] / 4;
        forms.add(new Form(s[0], s[1], s[2], "bf16", "bf16", "f32", "f32", layouts, ofA, ofB));
        for (String type : List.of("s8", "u8")) {
          forms.add(
              new Form(s[0], s[1], s[2], type, type, "s32", "s32", layouts, ofA / 2, ofB / 2));
        }
      }
      forms.add(new Form(16, 16, 8, "tf32", "tf32", "f32", "f32", layouts, 4, 4));
      forms.add(new Form(8, 8, 4, "f64", "f64", "f64", "f64", layouts, 1, 1));
    }
    for (String layouts : List.of("rcrr", "rccc")) {
      for (String type : List.of("s4", "u4")) {
        forms.add(new Form(8, 8, 32, type, type, "s32", "s32", layouts, 1, 1));
      }
      forms.add(new Form(8, 8, 128, "b1", "b1", "s32", "s32", layouts, 1, 1));
    }
    return forms.stream();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void multipliesMatricesOfMemory(Form form) {
    SplittableRandom random = new SplittableRandom(form.hashCode());
    long[][] a = MmaTest.random(form.m(), form.k(), form.a(), random);
    long[][] b = MmaTest.random(form.k(), form.n(), form.b(), random);
    long[][] c = MmaTest.random(form.m(), form.n(), form.c(), random);
    // Shared memory with a stride, generic addresses without one, global memory.
    long[][] ofA = load(form, 'a', form.a(), 0, a, form.ofA(), Where.SHARED);
    long[][] ofB = load(form, 'b', form.b(), 1, b, form.ofB(), Where.GENERIC);
    int bitsOfC = Matrices.bits(form.c());
    int registersOfC = registersOfSum(form, form.c());
    long[][] ofC = load(form, 'c', form.c(), 2, c, registersOfC, Where.GLOBAL);
    long[][] ofD = multiply(form, ofA, ofB, ofC);
    long[][] d = store(form, ofD);
    for (int row = 0; row < form.m(); row++) {
      for (int column = 0; column < form.n(); column++) {
        BigDecimal sum = Matrices.value(form.c(), c[row][column]);
        for (int k = 0; k < form.k(); k++) {
          BigDecimal left = Matrices.value(form.a(), a[row][k]);
          BigDecimal right = Matrices.value(form.b(), b[k][column]);
          sum =
              sum.add(
                  form.a().equals("b1")
                      ? BigDecimal.valueOf(a[row][k] ^ b[k][column])
                      : left.multiply(right));
        }
        assertThat(Matrices.value(form.d(), d[row][column]))
            .as("%s: row %d, column %d of %d bits", form, row, column, bitsOfC)
            .isEqualByComparingTo(Matrices.value(form.d(), Matrices.raw(form.d(), sum)));
      }
    }
  }

  private enum Where {
    SHARED,
    GENERIC,
    GLOBAL
  }

  private static int registersOfSum(Form form, String type) {
    int elements = form.m() * form.n() / 32;
    return type.equals("f16") ? elements / 2 : elements;
  }

  private static PtxType register(String type) {
    return type.equals("f64") ? PtxType.F64 : PtxType.B32;
  }

  private static long[][] load(
      Form form, char matrix, String type, int which, long[][] values, int count, Where where) {
    boolean rows = form.layout(which).equals("row");
    int bits = Matrices.bits(type);
    int length = rows ? values[0].length : values.length;
    int stride = where == Where.GENERIC ? length : length + 128 / Math.min(bits, 32);
    Block block = TensorBlock.shared(8192);
    Region region =
        where == Where.GLOBAL ? block.grid.memory.allocate("matrix", 8192) : block.shared;
    for (int row = 0; row < values.length; row++) {
      for (int column = 0; column < values[0].length; column++) {
        int element = rows ? row * stride + column : column * stride + row;
        write(region.bytes(), element, bits, values[row][column]);
      }
    }
    String space = where == Where.SHARED ? ".shared" : where == Where.GLOBAL ? ".global" : "";
    long address = where == Where.GENERIC ? AddressSpace.SHARED_BASE : region.start();
    SingleStep step =
        SingleStep.of(
                "wmma.load."
                    + matrix
                    + ".sync.aligned."
                    + form.layout(which)
                    + "."
                    + form.shape()
                    + space
                    + "."
                    + type)
            .outMatrix(register(type), count)
            .memory(PtxType.B64, 32, address - 32)
            .block(block);
    if (where == Where.SHARED) {
      step.in(PtxType.B32, (long) stride);
    } else if (where == Where.GLOBAL) {
      step.literal((long) stride);
    }
    return registers(step.run(), count);
  }

  private static long[][] registers(SingleStep.Result result, int count) {
    long[][] registers = new long[count][];
    for (int i = 0; i < count; i++) {
      registers[i] = result.out(i);
    }
    return registers;
  }

  private static void write(MemorySegment bytes, int element, int bits, long value) {
    for (int bit = 0; bit < bits; bit++) {
      long at = (long) element * bits + bit;
      byte old = bytes.get(ValueLayout.JAVA_BYTE, at / 8);
      int mask = 1 << at % 8;
      boolean set = (value >>> bit & 1) != 0;
      bytes.set(ValueLayout.JAVA_BYTE, at / 8, (byte) (set ? old | mask : old & ~mask));
    }
  }

  private static long[][] multiply(Form form, long[][] a, long[][] b, long[][] c) {
    String types =
        form.a().equals("f16")
            ? form.d() + "." + form.c()
            : form.d() + "." + form.a() + "." + form.b() + "." + form.c();
    String bits = form.a().equals("b1") ? "xor.popc." : "";
    int count = registersOfSum(form, form.d());
    SingleStep.Result result =
        SingleStep.of(
                "wmma.mma."
                    + bits
                    + "sync.aligned."
                    + form.layout(0)
                    + "."
                    + form.layout(1)
                    + "."
                    + form.shape()
                    + "."
                    + types)
            .outMatrix(register(form.d()), count)
            .inMatrix(register(form.a()), a)
            .inMatrix(register(form.b()), b)
            .inMatrix(register(form.c()), c)
            .block(TensorBlock.shared(16))
            .run();
    return registers(result, count);
  }

  private static long[][] store(Form form, long[][] registers) {
    boolean rows = form.layout(3).equals("row");
    int stride = (rows ? form.n() : form.m()) + 8;
    Block block = TensorBlock.shared(8192);
    SingleStep.of(
            "wmma.store.d.sync.aligned."
                + form.layout(3)
                + "."
                + form.shape()
                + ".shared."
                + form.d())
        .memory(PtxType.B32, 0, 64)
        .inMatrix(register(form.d()), registers)
        .in(PtxType.B32, (long) stride)
        .block(block)
        .run();
    long[][] d = new long[form.m()][form.n()];
    for (int row = 0; row < form.m(); row++) {
      for (int column = 0; column < form.n(); column++) {
        int element = rows ? row * stride + column : column * stride + row;
        d[row][column] = read(block.shared.bytes(), 64, element, Matrices.bits(form.d()));
      }
    }
    return d;
  }

  private static long read(MemorySegment bytes, int from, int element, int bits) {
    return switch (bits) {
      case 64 -> bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, from + element * 8L);
      case 32 -> bytes.get(ValueLayout.JAVA_INT_UNALIGNED, from + element * 4L) & 0xffff_ffffL;
      default -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, from + element * 2L) & 0xffffL;
    };
  }

  @Test
  void keepsRepeatedElementsAlike() {
    Form form = forms().filter(f -> f.a().equals("f16") && f.m() == 16).findFirst().orElseThrow();
    long[][] a = MmaTest.random(16, 16, "f16", new SplittableRandom(1));
    long[][] registers = load(form, 'a', "f16", 0, a, 8, Where.SHARED);
    for (int i = 0; i < 4; i++) {
      assertThat(registers[i + 4]).isEqualTo(registers[i]);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wmma.load.a.sync.aligned.row.m16n16k8.f16",
        "wmma.load.a.sync.aligned.col.m8n8k32.s4",
        "wmma.load.b.sync.aligned.row.m8n8k128.b1",
        "wmma.load.c.sync.aligned.row.m16n16k16.f64",
        "wmma.load.d.sync.aligned.row.m16n16k16.f32",
        "wmma.load.a.sync.aligned.m16n16k16.f16"
      })
  void refusesMatricesThatDoNotExist(String mnemonic) {
    assertThatThrownBy(
            () ->
                SingleStep.of(mnemonic)
                    .outMatrix(PtxType.B32, 8)
                    .memory(PtxType.B64, 0, 0)
                    .decode())
        .isInstanceOf(MalformedInstruction.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wmma.mma.sync.aligned.row.col.m16n16k16.f32.bf16.f16.f32",
        "wmma.mma.sync.aligned.row.col.m16n16k16.f32.f16.f16.f32",
        "wmma.mma.sync.aligned.row.row.m8n8k32.s32.s4.s4.s32",
        "wmma.mma.sync.aligned.row.col.m16n16k16.satfinite.f32.bf16.bf16.f32",
        "wmma.mma.sync.aligned.row.col.m16n16k8.f32.f32",
        "wmma.mma.sync.aligned.row.col.m8n8k128.s32.b1.b1.s32"
      })
  void refusesProductsThatDoNotExist(String mnemonic) {
    assertThatThrownBy(
            () ->
                SingleStep.of(mnemonic)
                    .outMatrix(PtxType.B32, 8)
                    .inMatrix(PtxType.B32, new long[8][32])
                    .inMatrix(PtxType.B32, new long[8][32])
                    .inMatrix(PtxType.B32, new long[8][32])
                    .decode())
        .isInstanceOf(MalformedInstruction.class);
  }
}
