package dev.kiln.runtime.sim.monitor.count;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.isa.InstructionSet;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassificationTest {
  /** An instruction without operands. */
  static Instruction instruction(String mnemonic) {
    List<String> words = Arrays.asList(mnemonic.split("\\."));
    return new Instruction(
        new Position(1, 1),
        Optional.empty(),
        words.getFirst(),
        words.subList(1, words.size()),
        List.of());
  }

  @Test
  void everyOpcodeHasAClass() {
    List<String> opcodes = new ArrayList<>(InstructionSet.all().opcodes());
    opcodes.addAll(List.of("bra", "brx", "call", "ret", "exit"));
    assertThat(opcodes).hasSizeGreaterThan(100).allMatch(Classification::knows);
  }

  @ParameterizedTest
  @CsvSource({
    "add.s32, INTEGER",
    "add.f32, FP32",
    "add.rn.ftz.f32, FP32",
    "fma.rn.f16x2, FP16",
    "fma.rn.bf16x2, FP16",
    "mul.f64, FP64",
    "mad.wide.u32, INTEGER",
    "setp.lt.f32, FP32",
    "setp.ge.u64, INTEGER",
    "set.lt.u32.f16, FP16",
    "min.s16x2, INTEGER",
    "div.rn.f32, SPECIAL",
    "div.s32, INTEGER",
    "div.rn.f64, FP64",
    "ex2.approx.ftz.f32, SPECIAL",
    "ex2.approx.f16x2, SPECIAL",
    "rsqrt.approx.ftz.f64, FP64",
    "tanh.approx.f32, SPECIAL",
    "cvt.rn.f32.s32, CONVERSION",
    "ld.global.nc.v4.f32, GLOBAL",
    "ld.shared.b32, SHARED",
    "ld.param.u64, PARAMETER",
    "ld.const.f32, CONSTANT",
    "st.local.b32, LOCAL",
    "ld.u32, GENERIC",
    "atom.global.add.u32, GLOBAL",
    "red.shared::cluster.add.u32, SHARED",
    "ldmatrix.sync.aligned.m8n8.x4.shared.b16, SHARED",
    "cp.async.ca.shared.global, ASYNC_COPY",
    "cp.async.bulk.commit_group, ASYNC_COPY",
    "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32, TENSOR",
    "wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32, TENSOR",
    "wmma.load.a.sync.aligned.row.m16n16k16.shared.f16, SHARED",
    "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16, TENSOR",
    "wgmma.fence.sync.aligned, BARRIER",
    "shfl.sync.bfly.b32, SHUFFLE",
    "vote.sync.ballot.b32, SHUFFLE",
    "bar.sync, BARRIER",
    "mbarrier.init.shared::cta.b64, BARRIER",
    "fence.proxy.async, BARRIER",
    "bra.uni, CONTROL",
    "mov.u32, MOVE",
    "selp.b32, INTEGER",
    "vadd2.s32.s32.s32, INTEGER",
    "unheard.of, MOVE"
  })
  void typesSpacesAndSecondWordsDecide(String mnemonic, InstructionClass kind) {
    assertThat(Classification.of(instruction(mnemonic))).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({
    "ld.global.f32, LOADS",
    "st.shared.f32, STORES",
    "stmatrix.sync.aligned.m8n8.x4.shared.b16, STORES",
    "atom.add.u32, ATOMICS",
    "red.global.add.f32, REDUCTIONS",
    "cp.async.cg.shared.global, COPIES",
    "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes, BULK_LOADS",
    "cp.async.bulk.global.shared::cta.bulk_group, BULK_STORES",
    "cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group, BULK_STORES",
    "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes, BULK_LOADS",
    "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32, BULK_REDUCTIONS",
    "wmma.store.d.sync.aligned.row.m16n16k16.global.f32, STORES",
  })
  void whatIsDoneWithMemoryIsTold(String mnemonic, Direction direction) {
    assertThat(Direction.of(instruction(mnemonic))).isEqualTo(direction);
  }

  @ParameterizedTest
  @CsvSource({
    "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32, 2048, mma m16n8k16 f32.f16.f16",
    "mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64, 256, mma m8n8k4 f64.f64.f64",
    "mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32, 1024, mma m8n8k4 f32.f16.f16",
    "mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.u8.s32, 4096, mma m16n8k32 s32.s8.u8",
    "wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32, 4096, wmma m16n16k16 f32.f16.f16",
    "wmma.mma.sync.aligned.row.col.m16n16k8.f32.tf32.tf32.f32, 2048, wmma m16n16k8 f32.tf32.tf32"
  })
  void productsOfMatricesAreCounted(String mnemonic, long multiplyAdds, String name) {
    TensorWork work = TensorWork.of(instruction(mnemonic)).orElseThrow();
    assertThat(work.multiplyAdds()).isEqualTo(multiplyAdds);
    assertThat(work.name()).isEqualTo(name);
    assertThat(work.sharedBytes()).isZero();
  }

  @Test
  void whatIsNoProductOfMatricesHasNone() {
    assertThat(TensorWork.of(instruction("fma.rn.f32"))).isEmpty();
    assertThat(TensorWork.of(instruction("wmma.load.a.sync.aligned.row.m16n16k16.f16"))).isEmpty();
    assertThat(TensorWork.of(instruction("wgmma.commit_group.sync.aligned"))).isEmpty();
  }
}
