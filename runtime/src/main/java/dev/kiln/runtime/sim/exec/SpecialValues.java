package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.program.SpecialRegister;

/** Fills the special registers of a warp that starts. */
final class SpecialValues {
  /** {@code %nsmid}: as many multiprocessors as an A100 has. */
  private static final int MULTIPROCESSORS = 108;

  /** {@code %nwarpid}: the most warps that a multiprocessor holds. */
  private static final int WARPS_OF_MULTIPROCESSOR = 64;

  /** Shared memory that the system takes of each block, from sm_80 on. */
  private static final int RESERVED_SHARED = 1024;

  private final Warp warp;
  private final LaunchShape shape;
  private final long sharedBytes;

  SpecialValues(Warp warp, long sharedBytes) {
    this.warp = warp;
    this.shape = warp.block.grid.shape;
    this.sharedBytes = sharedBytes;
  }

  void fill(SpecialRegister register, int slot) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      if (register == SpecialRegister.GRIDID) {
        warp.wides[slot + lane] = 1;
      } else {
        warp.words[slot + lane] = value(register, lane);
      }
    }
  }

  private int value(SpecialRegister register, int lane) {
    Block block = warp.block;
    int thread = warp.thread(lane);
    return switch (register) {
      case TID_X -> thread % shape.blockX();
      case TID_Y -> thread / shape.blockX() % shape.blockY();
      case TID_Z -> thread / shape.blockX() / shape.blockY();
      case NTID_X -> shape.blockX();
      case NTID_Y -> shape.blockY();
      case NTID_Z -> shape.blockZ();
      case CTAID_X -> block.x;
      case CTAID_Y -> block.y;
      case CTAID_Z -> block.z;
      case NCTAID_X -> shape.gridX();
      case NCTAID_Y -> shape.gridY();
      case NCTAID_Z -> shape.gridZ();
      case LANEID -> lane;
      case WARPID -> warp.index;
      case NWARPID -> WARPS_OF_MULTIPROCESSOR;
      case SMID -> (int) (linear(block) % MULTIPROCESSORS);
      case NSMID -> MULTIPROCESSORS;
      case GRIDID -> 1;
      case LANEMASK_EQ -> 1 << lane;
      case LANEMASK_LE -> (2 << lane) - 1;
      case LANEMASK_LT -> (1 << lane) - 1;
      case LANEMASK_GE -> -1 << lane;
      case LANEMASK_GT -> lane == Warp.LANES - 1 ? 0 : -1 << lane + 1;
      case IS_EXPLICIT_CLUSTER -> shape.explicitCluster() ? 1 : 0;
      case CLUSTERID_X -> block.x / shape.clusterX();
      case CLUSTERID_Y -> block.y / shape.clusterY();
      case CLUSTERID_Z -> block.z / shape.clusterZ();
      case NCLUSTERID_X -> shape.gridX() / shape.clusterX();
      case NCLUSTERID_Y -> shape.gridY() / shape.clusterY();
      case NCLUSTERID_Z -> shape.gridZ() / shape.clusterZ();
      case CLUSTER_CTAID_X -> block.x % shape.clusterX();
      case CLUSTER_CTAID_Y -> block.y % shape.clusterY();
      case CLUSTER_CTAID_Z -> block.z % shape.clusterZ();
      case CLUSTER_NCTAID_X -> shape.clusterX();
      case CLUSTER_NCTAID_Y -> shape.clusterY();
      case CLUSTER_NCTAID_Z -> shape.clusterZ();
      case CLUSTER_CTARANK -> block.rank;
      case CLUSTER_NCTARANK -> shape.clusterSize();
      case TOTAL_SMEM_SIZE -> (int) sharedBytes;
      case AGGR_SMEM_SIZE -> (int) sharedBytes + RESERVED_SHARED;
      case DYNAMIC_SMEM_SIZE -> (int) shape.dynamicShared();
    };
  }

  private long linear(Block block) {
    return block.x + (long) shape.gridX() * (block.y + (long) shape.gridY() * block.z);
  }
}
