package dev.kiln.runtime.sim.isa.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kiln.runtime.cpu.VectorSupport;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.vector.RegisterOperation.Kind;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RegisterCodeGeneratorTest {
  private static final int REGISTERS = 5;
  private static final int CANONICAL_NAN = 0x7fff_ffff;
  private static final int[] SPECIAL = {
    0,
    0x8000_0000,
    1,
    0x8000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x3f80_0000,
    0xbf80_0001,
    0x7f7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0001,
    0xffa0_0000,
    -1
  };

  @ParameterizedTest
  @EnumSource
  void anOperationDoesWhatItSaysInEachLane(Kind kind) {
    assumeTrue(VectorSupport.isAvailable());
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20; i++) {
      check(List.of(operation(kind, random)), random);
    }
  }

  @Test
  void operationsInARowSeeEachOthersResults() {
    assumeTrue(VectorSupport.isAvailable());
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 60; i++) {
      int count = 2 + random.nextInt(40);
      Kind[] kinds = Kind.values();
      check(
          IntStream.range(0, count)
              .mapToObj(n -> operation(kinds[random.nextInt(kinds.length)], random))
              .toList(),
          random);
    }
  }

  private static RegisterOperation operation(Kind kind, SplittableRandom random) {
    int a = register(random);
    int b = kind.operands > 1 ? register(random) : a;
    return new RegisterOperation(
        kind, register(random), a, b, kind.operands > 2 ? register(random) : b);
  }

  private static int register(SplittableRandom random) {
    return random.nextInt(REGISTERS) * Warp.LANES;
  }

  private static void check(List<RegisterOperation> operations, SplittableRandom random) {
    int[] words = new int[REGISTERS * Warp.LANES];
    for (int i = 0; i < words.length; i++) {
      words[i] =
          switch (random.nextInt(3)) {
            case 0 -> SPECIAL[random.nextInt(SPECIAL.length)];
            case 1 -> Float.floatToRawIntBits((float) random.nextDouble(-4, 4));
            default -> random.nextInt();
          };
    }
    int[] expected = words.clone();
    for (RegisterOperation operation : operations) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        expected[operation.target() + lane] =
            result(
                operation.kind(),
                expected[operation.a() + lane],
                expected[operation.b() + lane],
                expected[operation.c() + lane]);
      }
    }
    new RegisterCodeGenerator(operations).generate().run(words);
    assertThat(words).as(operations.toString()).isEqualTo(expected);
  }

  private static int result(Kind kind, int a, int b, int c) {
    float x = Float.intBitsToFloat(a);
    float y = Float.intBitsToFloat(b);
    return switch (kind) {
      case FLOAT_FMA -> bits(Math.fma(x, y, Float.intBitsToFloat(c)));
      case FLOAT_MUL -> bits(x * y);
      case FLOAT_ADD -> bits(x + y);
      case FLOAT_SUB -> bits(x - y);
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case MAD -> a * b + c;
      case AND -> a & b;
      case OR -> a | b;
      case COPY -> a;
    };
  }

  private static int bits(float value) {
    return value != value ? CANONICAL_NAN : Float.floatToRawIntBits(value);
  }
}
