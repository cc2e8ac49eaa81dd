package dev.kiln.runtime.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Verifier;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import org.junit.jupiter.api.Test;

class SpecializationGuessTest {
  private static Kernel kernel(String text) {
    return KernelModule.of("test.py", "import triton\nimport triton.language as tl\n" + text)
        .kernel("kernel");
  }

  @Test
  void whatIsLoadedAndStoredIsAnArray() {
    Kernel kernel =
        kernel(
            """
            @triton.jit
            def kernel(x, y, n, eps, BLOCK: tl.constexpr):
                i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
                rows = x + i
                tl.store(y + i, tl.load(rows, mask=i < n) + eps, mask=i < n)
            """);
    assertThat(SpecializationGuess.of(kernel).signature())
        .isEqualTo("x=*fp32:16, y=*fp32:16, n=i32, eps=fp32, BLOCK=64");
  }

  @Test
  void pointersMayBeNamedArguments() {
    Kernel kernel =
        kernel(
            """
            @triton.jit
            def kernel(x, y, n, B: tl.constexpr):
                p = tl.make_block_ptr(base=x + 4, shape=(n,), strides=(1,), offsets=(0,),
                                      block_shape=(B,), order=(0,))
                v = tl.load(pointer=p, boundary_check=(0,))
                tl.store(pointer=y + tl.arange(0, B), value=v)
            """);
    SpecializationGuess guess = SpecializationGuess.of(kernel);
    assertThat(guess.signature()).isEqualTo("x=*fp32:16, y=*fp32:16, n=i32, B=64");
    Verifier.verify(guess.compile().optimized());
  }

  @Test
  void whatNamesATypeIsATypeAndTheGuessCanBeReadAgain() {
    Kernel kernel =
        kernel(
            """
            @triton.jit
            def kernel(x, y, SUM: tl.constexpr, OUT: tl.constexpr):
                i = tl.arange(0, 16)
                total = tl.zeros((16,), dtype=SUM)
                tl.store(y + i, (total + tl.load(x + i)).to(OUT))
            """);
    SpecializationGuess guess = SpecializationGuess.of(kernel);
    assertThat(guess.signature())
        .isEqualTo("x=*fp32:16, y=*fp32:16, SUM=tl.float32, OUT=tl.float32");
    assertThat(SignatureText.parse(guess.signature(), kernel.parameters()))
        .isEqualTo(guess.specialization().arguments());
    Verifier.verify(guess.compile().optimized());
  }

  private static String guess(String text) {
    return SpecializationGuess.of(kernel(text)).signature();
  }

  /** The guess, which must compile. */
  private static String checked(String text) {
    SpecializationGuess guess = SpecializationGuess.of(kernel(text));
    Verifier.verify(guess.compile().optimized());
    return guess.signature();
  }

  @Test
  void whatIsHandedOnTakesWhatTheHelperTakes() {
    assertThat(
            checked(
                """
                @triton.jit
                def inner(a, m, OF: tl.constexpr, WIDE: tl.constexpr, SIZE: tl.constexpr):
                    i = tl.arange(0, SIZE)
                    if WIDE:
                        i = i * 2
                    return tl.load(a + i, mask=i < m).to(OF)

                @triton.jit
                def outer(first, second, m, OF: tl.constexpr, W: tl.constexpr, S: tl.constexpr):
                    tl.store(second + tl.arange(0, S), inner(first, m, OF, SIZE=S, WIDE=W))

                @triton.jit
                def kernel(X, Y, N, T: tl.constexpr, FAR: tl.constexpr, B: tl.constexpr):
                    outer(X, Y, N, T, FAR, B)
                """))
        .isEqualTo("X=*fp32:16, Y=*fp32:16, N=i32, T=tl.float32, FAR=False, B=64");
  }

  @Test
  void pointersThatHelpersReturnAreFollowed() {
    assertThat(
            checked(
                """
                @triton.jit
                def find(rows, places, n):
                    row = rows + tl.load(places) * n
                    return row, n

                @triton.jit
                def array(row, ELEMENT: tl.constexpr):
                    return tl.load(row + 1).to(tl.pointer_type(ELEMENT))

                @triton.jit
                def kernel(a, b, n, ELEMENT: tl.constexpr):
                    row, count = find(a, b, n)
                    p = array(row, ELEMENT)
                    tl.store(p + tl.arange(0, 16), 0.0, mask=tl.arange(0, 16) < count)
                """))
        .isEqualTo("a=*i64:16, b=*i32:16, n=i32, ELEMENT=tl.float32");
  }

  @Test
  void recursionEnds() {
    assertThat(
            guess(
                """
                @triton.jit
                def again(p, n):
                    again(p, n)
                    return kernel(p, n)

                @triton.jit
                def kernel(p, n):
                    again(p, n)
                    tl.store(p, n)
                """))
        .isEqualTo("p=*fp32:16, n=i32");
  }

  @Test
  void textsAreAmongThoseComparedWith() {
    assertThat(
            checked(
                """
                @triton.jit
                def activation(x, KIND: tl.constexpr):
                    if KIND == "relu":
                        x = tl.maximum(x, 0.0)
                    else:
                        tl.static_assert(KIND == "none", "no such activation")
                    return x

                @triton.jit
                def kernel(p, KIND: tl.constexpr, MODE: tl.constexpr, P: tl.constexpr):
                    tl.static_assert(MODE in ("rows", "columns"))
                    i = tl.arange(0, 16)
                    x = tl.load(p + i[:, None] * 16 + i[None, :])
                    y = tl.dot(x, x, input_precision=P)
                    tl.store(p + i[:, None] * 16 + i[None, :], activation(y, KIND))
                """))
        .isEqualTo("p=*fp32:16, KIND=\"relu\", MODE=\"rows\", P=\"ieee\"");
  }

  @Test
  void capitalsAreNumbersWhereAnythingSaysSo() {
    String named =
        """
        @triton.jit
        def kernel(x_ptr, M, B: tl.constexpr):
            tl.store(x_ptr + tl.arange(0, B), unknown(M))
        """;
    assertThat(guess(named)).startsWith("x_ptr=*fp32:16, M=i32");
    String used =
        """
        @triton.jit
        def kernel(X, H, W, D, K):
            i = tl.arange(0, 16)
            unknown(X, K)
            tl.store(D + i % W, 1.0, mask=i < H)
        """;
    assertThat(guess(used)).isEqualTo("X=*fp32:16, H=i32, W=i32, D=*fp32:16, K=*fp32:16");
  }

  @Test
  void typesAreKnownWhereverTheyStand() {
    assertThat(
            checked(
                """
                @triton.jit
                def kernel(p, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, D: tl.constexpr):
                    i = tl.arange(0, 16)
                    x = tl.zeros((16,), A) + tl.full((16,), 1, B) + tl.cast(i, C)
                    q = p.to(tl.pointer_type(D))
                    tl.store(q + i, x)
                """))
        .isEqualTo("p=*fp32:16, A=tl.float32, B=tl.float32, C=tl.float32, D=tl.float32");
  }

  @Test
  void whatIsLoadedAsAnIndexIsAnInteger() {
    assertThat(
            checked(
                """
                @triton.jit
                def kernel(x, y, rows, goals, starts, n, B: tl.constexpr):
                    i = tl.arange(0, B)
                    n_rows = tl.num_programs(0)
                    row = tl.load(rows + tl.program_id(0))
                    goal = tl.load(goals + row)
                    for place in range(tl.load(starts), tl.load(starts + 1)):
                        v = tl.load(x + row.to(tl.int64) * B + i, mask=(i < n) & (goal < n_rows))
                        tl.store(y + place * B + i, v)
                """))
        .isEqualTo(
            "x=*fp32:16, y=*fp32:16, rows=*i32:16, goals=*i32:16, starts=*i32:16, n=i32, B=64");
  }

  @Test
  void whatIsTakenApartBitByBitIsBytes() {
    assertThat(
            checked(
                """
                @triton.jit
                def kernel(packed, valid, y, BLOCK: tl.constexpr):
                    i = tl.arange(0, BLOCK)
                    q = tl.load(packed + i)
                    inside = tl.load(valid + i)
                    tl.store(y + i, (q & 15) + (q >> 4), mask=inside)
                """))
        .isEqualTo("packed=*i8:16, valid=*i1:16, y=*fp32:16, BLOCK=64");
  }

  @Test
  void namesTellOfIntegersWhereNothingElseDoes() {
    String text =
        """
        @triton.jit
        def kernel(token_ids_ptr, cu_seqlens, y):
            v = tl.load(token_ids_ptr) + tl.load(cu_seqlens)
            tl.store(y, v)
        """;
    assertThat(checked(text)).isEqualTo("token_ids_ptr=*i32:16, cu_seqlens=*i32:16, y=*fp32:16");
    String rounded = text.replace("v)", "tl.sqrt(v))").replace("v = ", "v = 1.0 * ");
    assertThat(checked(rounded)).startsWith("token_ids_ptr=*i32:16");
    // Roots are of floats: other types are tried then.
    assertThat(checked(text.replace("v)", "tl.sqrt(v))")))
        .isEqualTo("token_ids_ptr=*fp32:16, cu_seqlens=*fp32:16, y=*fp32:16");
  }

  @Test
  void narrowFloatsAreTriedWhereWideOnesDoNotCompile() {
    assertThat(
            checked(
                """
                @triton.jit
                def kernel(x, y):
                    v = tl.load(x).to(tl.float32)
                    tl.store(y, v.to(y.dtype.element_ty, fp_downcast_rounding="rtne"))
                """))
        .isEqualTo("x=*fp16:16, y=*fp16:16");
  }

  @Test
  void whatIsArrayUnderAFlagAndNumberWithoutIsTriedUnderTheFlag() {
    assertThat(
            checked(
                """
                @triton.jit
                def kernel(y, offset, IS_ARRAY: tl.constexpr):
                    i = tl.arange(0, 16)
                    if IS_ARRAY:
                        start = tl.load(offset)
                    else:
                        start = offset
                    tl.store(y + i, 1.0, mask=i + start < 8)
                    tl.store(y + (i + start), 1.0)
                """))
        .isEqualTo("y=*fp32:16, offset=*i32:16, IS_ARRAY=True");
  }

  @Test
  void loopsThatAreWrittenOutAreShort() {
    assertThat(
            checked(
                """
                @triton.jit
                def kernel(y, TAPS: tl.constexpr, BLOCK: tl.constexpr):
                    for tap in tl.static_range(TAPS):
                        tl.store(y + tap * BLOCK + tl.arange(0, BLOCK), 1.0)
                """))
        .isEqualTo("y=*fp32:16, TAPS=4, BLOCK=64");
  }
}
