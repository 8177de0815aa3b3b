"""Where layer types come from that are not here, so that who meets one knows what to look for."""

_FORKS = {
    "SSD (weiliu89/caffe, branch ssd)": (
        "AnnotatedData DetectionEvaluate DetectionOutput MultiBoxLoss Normalize Permute PriorBox "
        "SmoothL1Loss VideoData"
    ),
    "Fast R-CNN (rbgirshick/caffe-fast-rcnn)": "ROIPooling",
    "R-FCN (daijifeng001/caffe-rfcn)": (
        "BoxAnnotatorOHEM PSROIPooling SmoothL1LossOHEM SoftmaxWithLossOHEM"
    ),
    "Microsoft's Caffe (Microsoft/caffe)": "Proposal",
    "MobileNet-YOLO (eric612/MobileNet-YOLO)": (
        "AssistedExcitation DetectionEvaluateYolo GaussianYolov3 MultiBoxFocalLoss "
        "SegmentationEvaluate YoloSeg"
    ),
    "NVCaffe (NVIDIA/caffe)": "DetectNetTransformation TRT",
    "Intel Caffe (intel/caffe)": "CropSimple MultinodeBroadcast",
    "FlowNet2 (lmb-freiburg/flownet2)": (
        "Accum ChannelNorm CoeffSchedule Correlation CustomData DataAugmentation Downsample "
        "FlowAugmentation FlowWarp GenerateAugmentationParameters ImgReader FLOReader FLOWriter "
        "L1Loss LpqLoss Mean Resample"
    ),
    "warpctc-caffe (xmfbit/warpctc-caffe)": (
        "ContinuationIndicator CtcLoss LabelsequenceAccuracy WarpCtcLoss"
    ),
    "crnn.caffe and TextBoxes++ (MhLiao/TextBoxes_plusplus)": "CTCDecoder CTCLoss Reverse",
    "CTPN (tianzhi0549/CTPN)": "CTC Transpose",
    "caffe-lstm (junhyukoh/caffe-lstm)": "Lstm",
    "caffe-face (ydwen/caffe-face)": "CenterLoss",
    "SphereFace (wy1iu/sphereface)": "MarginInnerProduct",
    "caffe-windows (happynear/caffe-windows)": (
        "ChannelScale Flip FocalLoss GeneralPairedImageData InnerDistance Insanity "
        "LabelSpecificAdd Local"
    ),
    "caffe-sl (wanji/caffe-sl)": (
        "DotProductSimilarity EuclideanSimilarity PairwiseRankingLoss RankAccuracy TripletLoss"
    ),
    "Unsupervised video triplets (xiaolonw/caffe-video_triplet)": "Norm RankHardLoss",
    "C3D (facebookarchive/C3D)": ("Deconvolution3D VolumeData VoxelSoftmax VoxelSoftmaxLoss"),
    "V-Net (faustomilletari/3D-Caffe)": "DiceCoefLoss",
    "temporal segment networks (yjxiong/caffe)": "SegData",
    "DeepLab (cdmh/deeplab-public)": "DenseCRF DomainTransform MatRead MatWrite",
    "CRF as RNN (torrvision/crfasrnn)": "MultiStageMeanfield",
    "OpenPose (CMU-Perceptual-Computing-Lab/caffe_train)": "CPMData",
    "MCB (akirafukui/vqa-mcb)": "CompactBilinear L2Normalize SignedSqrt",
    "Spatial transformer networks (daerduoCarey/SpatialTransformerLayer)": "SpatialTransformer",
    "On-accelerator training (ICT-CHASE)": "ConvolutionFloat InnerProductFloat PoolingFloat",
    "JAA-Net (ZhiwenShao/JAANet)": "AUMaskBasedLand AlignDataTransform Combination Division",
}
_ORIGINS = {name: fork for fork, names in _FORKS.items() for name in names.split()}


def origin(name: str) -> str | None:
    """The fork of Caffe that a layer type comes from, if it is known."""
    return _ORIGINS.get(name)
