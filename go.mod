module scaip

go 1.26

require github.com/at-wat/ebml-go v0.19.4
