package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Snippet.i;
import static dev.kiln.compiler.ptx.Snippet.l;
import static dev.kiln.compiler.ptx.Snippet.loop;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Loops, branches and guards in the text: which moves and instructions remain. */
class StructureTest {
  private final Snippet code = new Snippet();
  private final Register n = code.b32();
  private final Register out = code.b64();

  /** {@code for i in range(n)} with other carried values. */
  private List<Operand> count(List<Operand> inits, UnaryOperator<List<Operand>> body) {
    List<Operand> all = new ArrayList<>(List.of(i(0)));
    all.addAll(inits);
    return code.ptx.loop(
        all.stream().map(Operand::type).toList(),
        all,
        params ->
            new PtxBuilder.LoopHead(
                code.pred("setp.lt.s32", params.getFirst(), n), params.subList(1, params.size())),
        params -> {
          var next = new ArrayList<Operand>();
          next.addAll(body.apply(params));
          next.addFirst(code.b32("add.s32", params.getFirst(), i(1)));
          return next;
        });
  }

  private static List<String> moves(List<String> lines) {
    return lines.stream().filter(line -> line.contains("mov.")).toList();
  }

  @Test
  void accumulatorsNeedNoMoves() {
    Vector a = Vector.of(code.b32(), code.b32(), code.b32(), code.b32());
    Vector b = Vector.of(code.b32(), code.b32());
    List<Operand> sums =
        count(
            Collections.nCopies(128, Operand.Immediate.f32(0)),
            params -> {
              var next = new ArrayList<Operand>();
              for (int tile = 0; tile < 32; tile++) {
                Vector c = new Vector(params.subList(1 + 4 * tile, 5 + 4 * tile));
                next.addAll(product(a, b, new Vector(product(a, b, c))));
              }
              return next;
            });
    sums.forEach(sum -> code.store(out, sum));
    List<String> lines = code.optimized();
    assertThat(moves(loop(lines, 1))).isEmpty();
    assertThat(loop(lines, 1)).hasSize(66);
    assertThat(moves(lines.subList(lines.indexOf("$exit1:"), lines.size()))).isEmpty();
  }

  private List<Operand> product(Vector a, Vector b, Vector c) {
    var d = new ArrayList<Operand>();
    for (int k = 0; k < 4; k++) {
      d.add(code.ptx.register(RegisterClass.B32));
    }
    code.ptx.emit(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", List.of(new Vector(d)), a, b, c);
    return d;
  }

  @Test
  void swapsTakeThreeMoves() {
    List<Operand> pair =
        count(List.of(code.b32(), code.b32()), params -> List.of(params.get(2), params.get(1)));
    pair.forEach(value -> code.store(out, value));
    assertThat(moves(loop(code.optimized(), 1))).hasSize(3);
  }

  @Test
  void aRotationIsWrittenInTheRightOrder() {
    List<Operand> three =
        count(
            List.of(code.b32(), code.b32(), code.b32()),
            params -> List.of(params.get(2), params.get(3), code.b32("not.b32", params.get(1))));
    three.forEach(value -> code.store(out, value));
    assertThat(loop(code.optimized(), 1))
        .containsExactly(
            "not.b32 %r6, %r2;",
            "add.s32 %r5, %r5, 1;",
            "mov.b32 %r2, %r3;",
            "mov.b32 %r3, %r4;",
            "mov.b32 %r4, %r6;",
            "setp.lt.s32 %p1, %r5, %r1;");
  }

  @Test
  void valuesOfInnerLoopsStayInTheirRegisters() {
    List<Operand> sum =
        count(
            List.of(i(0)),
            outer ->
                count(
                    List.of(outer.get(1)),
                    inner -> List.of(code.b32("add.s32", inner.get(1), inner.getFirst()))));
    code.store(out, sum.getFirst());
    List<String> lines = code.optimized();
    assertThat(moves(loop(lines, 2))).isEmpty();
    assertThat(moves(lines)).hasSize(3);
  }

  @Test
  void aWayThatChangesNothingNeedsNoMove() {
    Register x = code.b32();
    Operand changed =
        code.ptx
            .branch(code.predicate(), () -> List.of(code.b32("xor.b32", x, n)), () -> List.of(x))
            .getFirst();
    code.store(out, changed);
    assertThat(moves(code.optimized())).isEmpty();
  }

  @Test
  void aValueForFalseGuardsIsMovedOnlyIfItIsReadLater() {
    Register dies = code.b32();
    Register stays = code.b32();
    Operand p = code.predicate();
    code.store(out, code.load(out, new Guard(p, false), dies));
    assertThat(moves(code.optimized())).isEmpty();
    code.store(out, code.load(out, new Guard(p, false), stays));
    code.store(out, stays);
    assertThat(moves(code.optimized())).hasSize(1);
  }

  @Test
  void whatNoEffectNeedsIsRemoved() {
    Register x = code.b32();
    code.load(code.b64(), null);
    List<Operand> results =
        count(
            List.of(x, x),
            params ->
                List.of(
                    code.b32("xor.b32", params.get(1), params.getFirst()),
                    code.b32("mul.lo.s32", params.get(2), n)));
    count(List.of(x), params -> List.of(code.b32("xor.b32", params.get(1), n)));
    code.store(out, results.getFirst());
    assertThat(code.optimized())
        .noneMatch(line -> line.contains("mul.lo") || line.contains("ld.global"))
        .doesNotContain("$loop2:");
  }

  @Test
  void invariantsLeaveAllLoopsAndReadsStay() {
    count(
        List.of(),
        outer ->
            count(
                List.of(),
                inner -> {
                  Operand product = code.b32("mul.hi.s32", n, n);
                  Operand partly = code.b32("mul.hi.s32", outer.getFirst(), n);
                  Operand loaded = code.load(out, null);
                  code.store(
                      out, code.b32("xor.b32", code.b32("xor.b32", product, partly), loaded));
                  return List.of();
                }));
    List<String> lines = code.optimized();
    assertThat(lines.subList(0, lines.indexOf("$loop1:")))
        .anyMatch(line -> line.matches("mul\\.hi\\.s32 %r\\d+, %r1, %r1;"));
    assertThat(loop(lines, 2))
        .noneMatch(line -> line.contains("mul.hi"))
        .anyMatch(line -> line.contains("ld.global"));
    assertThat(loop(lines, 1)).anyMatch(line -> line.contains("mul.hi"));
  }

  @Test
  void offsetsBecomePointers() {
    Register in = code.b64();
    Operand thread = code.b64("mul.wide.s32", code.thread(), i(4));
    count(
        List.of(l(0)),
        params -> {
          Operand offset = code.b64("shl.b64", params.get(1), i(2));
          Operand at = code.b64("add.s64", code.b64("add.s64", in, thread), offset);
          code.store(out, code.load(at, null));
          return List.of(code.b64("add.s64", params.get(1), l(128)));
        });
    assertThat(loop(code.optimized(), 1))
        .containsExactly(
            "ld.global.b32 %r4, [%d3];",
            "st.global.b32 [%d1], %r4;",
            "add.s32 %r3, %r3, 1;",
            "add.s64 %d3, %d3, 512;",
            "setp.lt.s32 %p1, %r3, %r1;");
  }

  @Test
  void pointersThatKeepADistanceAreOne() {
    Register in = code.b64();
    count(
        List.of(in, code.b64("add.s64", in, l(64))),
        params -> {
          code.store(out, code.load(params.get(1), null));
          code.store(out, code.load(params.get(2), null));
          return List.of(
              code.b64("add.s64", params.get(1), l(128)),
              code.b64("add.s64", params.get(2), l(128)));
        });
    List<String> lines = loop(code.optimized(), 1);
    assertThat(lines.stream().filter(line -> line.startsWith("add.s64"))).hasSize(1);
    assertThat(lines).anyMatch(line -> line.contains("+64]"));
  }

  @Test
  void productsAndSumsAreOneInstruction() {
    Operand index = code.b32("mul.lo.s32", n, code.b32());
    Operand at =
        code.b64("add.s64", out, code.b64("mul.wide.s32", code.b32("add.s32", index, n), i(4)));
    code.store(at, i(0));
    assertThat(code.optimized())
        .contains("mad.lo.s32 %r3, %r1, %r2, %r1;", "mad.wide.s32 %d2, %r3, 4, %d1;");
  }

  @Test
  void halvesAndElementsOfProductsAreMovedToRegistersOnce() {
    Register half = code.unknown(RegisterClass.B16);
    Operand sum =
        code.ptx.emit("add.rn.f16", RegisterClass.B16, half, Operand.Immediate.b16(15360));
    Operand again =
        code.ptx.emit("mul.rn.f16", RegisterClass.B16, sum, Operand.Immediate.b16(15360));
    code.ptx.effect("st.global.b16", Address.of(out, 0), again);
    assertThat(code.optimized())
        .startsWith("mov.b16 %h1, 15360;")
        .contains("add.rn.f16 %h3, %h2, %h1;", "mul.rn.f16 %h4, %h3, %h1;");
  }

  @Test
  void rowsFollowEachOther() {
    Operand stride = code.b64();
    Operand row = code.b64("cvt.s64.s32", code.thread());
    Operand base = code.b64();
    count(
        List.of(),
        params -> {
          Operand along = code.b64("mul.wide.s32", params.getFirst(), code.b32());
          for (int k = 0; k < 8; k++) {
            Operand offset = code.b64("mul.lo.s64", code.b64("add.s64", row, l(16 * k)), stride);
            code.store(code.b64("add.s64", code.b64("add.s64", base, offset), along), i(k));
          }
          return List.of();
        });
    List<String> lines = code.optimized();
    assertThat(lines.stream().filter(line -> line.contains("mul.lo.s64"))).hasSize(1);
    assertThat(loop(lines, 1).stream().filter(line -> line.contains("add.s64"))).hasSize(7);
    assertThat(loop(lines, 1).stream().filter(line -> line.contains("shl.b64"))).isEmpty();
  }

  @Test
  void addressesThatFollowNoRuleStay() {
    Operand base = code.b64();
    for (int k = 0; k < 3; k++) {
      code.store(code.b64("add.s64", base, code.b64("mul.wide.s32", code.b32(), i(4))), i(k));
    }
    assertThat(code.optimized().stream().filter(line -> line.contains("add.s64"))).isEmpty();
  }
}
